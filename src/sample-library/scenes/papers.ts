/** Flat things full of letters. */
import { pixelText } from "../pixel-font.ts";
import { defineScene } from "../scene.ts";
import { circle, group, hsl, line, many, rect } from "../svg.ts";

export const receipt = defineScene({
  name: "receipt",
  words: ["receipt", "document", "paper", "text", "bill", "total"],
  shape: "portrait",
  dayTime: "noon",
  paint: (random) => {
    const shops = ["CORNER BAKERY", "GREEN GROCER", "HOTEL AURORA", "BOOK STORE"] as const;
    const goods = ["BREAD", "COFFEE", "APPLES", "NOTEBOOK", "MILK", "TEA", "CITY MAP", "SOUP"];
    const prices = Array.from({ length: random.integer(6, 9) }, () => random.integer(120, 1890));
    const money = (cents: number): string => (cents / 100).toFixed(2);
    const ink = hsl(220, 12, 20);
    const row = (y: number, left: string, right: string, size = 22): string =>
      pixelText(left, 190, y, size, ink) + pixelText(right, 610 - right.length * size * 0.857, y, size, ink);
    const sum = prices.reduce((total, price) => total + price, 0);
    const rows = prices.map((price, index) => row(400 + index * 46, goods[index % goods.length] ?? "", money(price)));
    const end = 420 + prices.length * 46;
    return {
      defines: "",
      body: [
        rect(0, 0, 800, 1200, { fill: hsl(random.pick([26, 210, 30]), 22, 42) }),
        group(
          [
            rect(142, 96, 530, 1030, { fill: "#000000", soft: 14, opacity: 0.45 }),
            rect(134, 84, 530, 1030, { fill: "#f8f6f0" }),
            pixelText(random.pick(shops), 190, 150, 34, ink),
            row(230, `DATE ${random.integer(10, 28)}.0${random.integer(1, 9)}.2024`, ""),
            row(276, `NO ${random.integer(1000, 9999)}`, ""),
            line(190, 340, 610, 340, { stroke: ink, width: 3 }),
            ...rows,
            line(190, end, 610, end, { stroke: ink, width: 3 }),
            row(end + 40, "TOTAL", money(sum), 36),
            row(end + 112, "CARD", money(sum)),
            many(56, (index) => rect(200 + index * 7.2, end + 190, random.pick([2, 3, 5]), 90, { fill: ink })),
          ],
          { transform: `rotate(${Math.round(random.between(-3, 3) * 10) / 10} 400 600)` },
        ),
      ].join(""),
    };
  },
});

export const screenshot = defineScene({
  name: "screenshot",
  words: ["screenshot", "phone", "chat", "messages", "text"],
  shape: "portrait",
  dayTime: "noon",
  paint: (random) => {
    const bubble = (index: number): string => {
      const isMine = index % 2 === 1;
      const width = random.between(280, 470);
      const x = isMine ? 760 - width : 40;
      const lines = random.pick<readonly string[]>([
        ["SEE YOU AT THE HARBOUR", "AT 7"],
        ["THE TRAIN IS LATE"],
        ["GREAT PHOTO", "SEND ME MORE"],
        ["DINNER AT 8"],
      ]);
      return (
        rect(x, 210 + index * 150, width, 110, { fill: isMine ? hsl(142, 50, 72) : "#ffffff" }, 28) +
        lines.map((text, row) => pixelText(text, x + 26, 236 + index * 150 + row * 32, 18, "#20242a")).join("")
      );
    };
    return {
      defines: "",
      body: [
        rect(0, 0, 800, 1200, { fill: hsl(210, 18, 90) }),
        rect(0, 0, 800, 150, { fill: hsl(200, 60, 36) }),
        circle(92, 92, 42, { fill: hsl(random.between(0, 360), 50, 70) }),
        pixelText("MIA", 160, 76, 34, "#ffffff"),
        pixelText("12:47", 660, 18, 22, "#ffffff"),
        many(6, bubble),
        rect(40, 1100, 720, 70, { fill: "#ffffff" }, 35),
      ].join(""),
    };
  },
});
