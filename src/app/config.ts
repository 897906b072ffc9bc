/** Settings, for faces. */
export { loadConfig as effectiveConfig, setConfigKey } from "../blackboard/config-file.ts";
