import { describe, expect, test } from "vitest";
import { chooseMode, limitMode } from "../../../agent/watch-mode.ts";

const local = { wanted: "auto", fileSystem: "ext4" } as const;

describe("how changes are found", () => {
  test("by events on disks of this machine", () => {
    for (const fileSystem of ["ext4", "btrfs", "apfs", "ntfs", "tmpfs", ""]) {
      expect(chooseMode({ ...local, fileSystem })).toEqual({ mode: "events" });
    }
  });

  test.each(["nfs", "nfs4", "cifs", "smb2", "smbfs", "9p", "fuse", "fuse.sshfs", "davfs2", "webdav"])(
    "by scans on %s, and it says why",
    (fileSystem) => {
      const { mode, reason } = chooseMode({ ...local, fileSystem });
      expect(mode).toBe("timed");
      expect(reason).toContain(fileSystem);
    },
  );

  test("as the user says", () => {
    expect(chooseMode({ ...local, wanted: "events", fileSystem: "nfs" })).toEqual({ mode: "events" });
    expect(chooseMode({ ...local, wanted: "timed" })).toMatchObject({ mode: "timed" });
  });
});

test("a limit of the system comes with the line that lifts it", () => {
  expect(limitMode("ENOSPC").fix).toContain("sudo sysctl fs.inotify.max_user_watches=524288");
  expect(limitMode("ENOSPC").fix).toContain("/etc/sysctl.d/60-photon.conf");
  expect(limitMode("EMFILE").fix).toContain("ulimit -n 65536");
});
