import { homedir } from "node:os";
import { openUserCaps } from "../../blackboard/user-caps.ts";
import {
  loadUserConfig,
  setUserConfigKey,
  type UserConfig,
  userConfigFile,
} from "../../blackboard/user-config-file.ts";
import type { Log } from "../../ports/log.ts";
import type { UserCaps } from "../../ports/user-caps.ts";
import { knownProjects } from "../known-projects.ts";
import type { Project } from "../project.ts";

/** Settings of this user over all projects. Throws CONFIG_UNKNOWN_KEY, CONFIG_INVALID. */
export function userConfig(): Promise<UserConfig> {
  return loadUserConfig(fileOfUser());
}

/** Writes one of them. Throws CONFIG_UNKNOWN_KEY, CONFIG_INVALID, BOARD_WRITE. */
export function setUserKey(name: string, text: string): Promise<void> {
  return setUserConfigKey(fileOfUser(), name, text);
}

/** The caps of the user as a project sees them. */
export function userCaps(project: Project, log: Pick<Log, "warn">): UserCaps {
  return openUserCaps({
    configFile: fileOfUser(),
    otherBoards: () =>
      knownProjects(project)
        .filter(({ root }) => root !== project.root)
        .map(({ board }) => board),
    warn: (message) => log.warn(message),
  });
}

function fileOfUser(): string {
  return userConfigFile(process.env, homedir());
}
