/** A bounded queue between the parts of a run: putting waits while it is full, taking waits while it is empty. */
export class Channel<Item> {
  readonly #capacity: number;
  #items: Item[] = [];
  #closed = false;
  #wakeTakers: () => void = () => undefined;
  #wakePutters: () => void = () => undefined;
  #itemsCame: Promise<void>;
  #roomCame: Promise<void>;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#itemsCame = this.#nextItems();
    this.#roomCame = this.#nextRoom();
  }

  /** False when the channel was closed meanwhile: the item was not taken in. */
  async put(item: Item): Promise<boolean> {
    while (!this.#closed && this.#items.length >= this.#capacity) await this.#roomCame;
    if (this.#closed) return false;
    this.#items.push(item);
    this.#signalItems();
    return true;
  }

  /** Waits for one item, then takes what is ready, at most `max`. Empty = closed and drained. */
  async take(max: number): Promise<readonly Item[]> {
    while (this.#items.length === 0) {
      if (this.#closed) return [];
      await this.#itemsCame;
    }
    const taken = this.#items.splice(0, max);
    this.#signalRoom();
    return taken;
  }

  /** No more items; those inside can still be taken. */
  close(): void {
    this.#closed = true;
    this.#signalItems();
    this.#signalRoom();
  }

  /** Closes and gives back what nobody took. */
  drain(): readonly Item[] {
    this.close();
    return this.#items.splice(0);
  }

  #signalItems(): void {
    this.#wakeTakers();
    this.#itemsCame = this.#nextItems();
  }

  #signalRoom(): void {
    this.#wakePutters();
    this.#roomCame = this.#nextRoom();
  }

  #nextItems(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeTakers = resolve;
    });
  }

  #nextRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakePutters = resolve;
    });
  }
}
