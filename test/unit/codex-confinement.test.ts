import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import {
  contains,
  DIALECTS,
  execConfinementArgs,
  permissionProfile,
  type ConfinementOrder,
} from "../../src/codex/confinement/confinement.ts";
import { tomlText } from "../../src/codex/toml-text.ts";
import { compareConfinement, parseTurnContext, type AskedConfinement } from "../../src/codex/session/turn-context.ts";

const ORDER: ConfinementOrder = {
  cwd: "/w/t",
  readOnly: false,
  network: "off",
  denied: ["/h/.ssh", "/w"],
  protected: ["/p"],
  readOnlyInside: [".cco"],
};

describe("the permission profile", () => {
  it.each(DIALECTS)("is valid TOML that survives quoting, and leaves no way around it (%s)", (dialect) => {
    const odd = { ...ORDER, denied: ['/h/a "b" \\c', "/h/ü\u007f"] };
    const profile = permissionProfile(dialect, odd);
    if (profile === null) return expect(dialect).toBe("legacy");
    const read = parse(`p = ${tomlText(profile)}`)["p"];
    expect(read).toEqual(profile);
    expect(execConfinementArgs(dialect, odd)).not.toContain("-s");
    return undefined;
  });

  it("does not hide the work tree itself", () => {
    expect(JSON.stringify(permissionProfile("deny", ORDER))).toContain("/h/.ssh");
    expect(JSON.stringify(permissionProfile("deny", ORDER))).not.toContain('"/w"');
  });

  it("never names full access, and the network only when it is ordered", () => {
    for (const dialect of DIALECTS) {
      for (const network of ["off", "on"] as const) {
        const args = execConfinementArgs(dialect, { ...ORDER, network }).join(" ");
        expect(args).not.toMatch(/danger|bypass|full-access/);
        expect(args.includes("network_access=true")).toBe(network === "on");
        if (dialect !== "legacy") expect(args.includes('"enabled"=true')).toBe(network === "on");
      }
    }
    expect(execConfinementArgs("legacy", ORDER)).toEqual(["-s", "workspace-write"]);
    expect(execConfinementArgs("legacy", { ...ORDER, readOnly: true })).toEqual(["-s", "read-only"]);
  });

  it("grants no write to a role that only reads", () => {
    for (const dialect of DIALECTS) {
      expect(execConfinementArgs(dialect, { ...ORDER, readOnly: true }).join(" ")).not.toMatch(/"write"|:workspace"/);
    }
  });
});

const ASKED: AskedConfinement = {
  ...ORDER,
  profiled: true,
  secrets: [["/h/.ssh", "/data/ssh"], ["/w"]],
  writable: ["/tmp"],
};
const entry = (path: string, access: string) => ({ path: { type: "path", path }, access });
const special = (kind: string, access: string) => ({ path: { type: "special", value: { kind } }, access });

function context(
  more: Record<string, unknown> = {},
  entries = [special("root", "read"), special("tmpdir", "write"), entry("/w/t", "write"), entry("/data/ssh", "deny")],
) {
  const found = parseTurnContext({
    model: "m",
    approval_policy: "never",
    sandbox_policy: { type: "workspace-write", network_access: false },
    permission_profile: { type: "managed", file_system: { type: "restricted", entries }, network: "restricted" },
    active_permission_profile: { id: "cco-worker" },
    ...more,
  });
  if (found === null) throw new Error("no context");
  return found;
}

describe("the confinement that was", () => {
  it("is what was asked for, in the words of any version", () => {
    expect(compareConfinement(ASKED, context())).toEqual([]);
    expect(
      compareConfinement(
        ASKED,
        context({ active_permission_profile: undefined }, [
          entry("/h/.ssh", "none"),
          special("project_roots", "write"),
          entry("/tmp/x", "write"),
        ]),
      ),
    ).toEqual([]);
    expect(
      compareConfinement(
        { ...ASKED, profiled: false },
        context({ permission_profile: null, active_permission_profile: null }),
      ),
    ).toEqual([]);
    expect(
      compareConfinement(
        { ...ASKED, network: "on" },
        context({ sandbox_policy: { type: "workspace-write", network_access: true } }),
      ),
    ).toEqual([]);
  });

  it.each([
    ["approval", { approval_policy: "on-request" }, undefined],
    ["danger-full-access", { sandbox_policy: { type: "danger-full-access" } }, undefined],
    ["network", { sandbox_policy: { type: "workspace-write", network_access: true } }, undefined],
    ["names no sandbox", { sandbox_policy: undefined }, undefined],
    ["names no permission profile", { permission_profile: null }, undefined],
    ["permission profile is other", { active_permission_profile: { id: "other" } }, undefined],
    ["/h/.ssh", {}, [entry("/w/t", "write")]],
    ["/etc", {}, [entry("/data/ssh", "deny"), entry("/etc", "write")]],
    ["root", {}, [entry("/data/ssh", "deny"), special("root", "write")]],
  ])("is found to be weaker: %s", (word, more, entries) => {
    expect(compareConfinement(ASKED, context(more, entries)).join()).toContain(word);
  });

  it("is weaker when a reader could write", () => {
    expect(compareConfinement({ ...ASKED, readOnly: true }, context()).join()).toMatch(/workspace-write.*writable/);
  });
});

it("knows what lies inside", () => {
  expect(contains("/a", "/a")).toBe(true);
  expect(contains("/a", "/a/b")).toBe(true);
  expect(contains("/a", "/ab")).toBe(false);
  expect(contains("/a/b", "/a")).toBe(false);
});
