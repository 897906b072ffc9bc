import { effectiveConfig, setConfigKey } from "../../app/config.ts";
import { setUserKey, userConfig } from "../../app/economy/user-caps.ts";
import { CcoError } from "../../kernel/errors.ts";
import { type Invocation, textOption } from "../invocation.ts";

/** `cco config`: effective settings and their origin; `--set key=value` writes one. */
export async function runConfig(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const assignment = textOption(invocation, "set");
  if (assignment !== undefined) {
    const at = assignment.indexOf("=");
    if (at < 1) throw new CcoError("USAGE", `--set wants key=value, not "${assignment}"`);
    const [name, value] = [assignment.slice(0, at), assignment.slice(at + 1)];
    await (invocation.options["user"] === true ? setUserKey(name, value) : setConfigKey(project.root, name, value));
  }
  const { config, origins, warnings } = await effectiveConfig(project.root);
  const user = await userConfig();
  if (out.json) {
    out.document({ schema: "cco.config/1", config, origins, warnings, user });
    return 0;
  }
  for (const warning of warnings) out.note(`warning: ${warning}`);
  for (const [section, values] of Object.entries(config)) {
    for (const [key, value] of Object.entries(values)) {
      const name = `${section}.${key}`;
      out.line(
        `${name.padEnd(28)} ${JSON.stringify(value).padEnd(12)} ${out.paint("dim", origins[name] ?? "default")}`,
      );
    }
  }
  for (const name of user.set) {
    const value = Object.entries(user.budget).find(([key]) => `budget.${key}` === name)?.[1];
    const source = out.paint("dim", `${user.file} (over all your projects, beside those of this one)`);
    out.line(`${`user ${name}`.padEnd(28)} ${JSON.stringify(value).padEnd(12)} ${source}`);
  }
  return 0;
}
