/** Variables of a process, as Node has them. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Node 20 reads the file that this variable names at every start, 30 ms of CPU, also where it never opens a connection. Our own
 * background programs get it under another name and hand it on under the true one.
 */
const CERTIFICATES = "NODE_EXTRA_CA_CERTS";
const PUT_AWAY = `CCO_${CERTIFICATES}`;

/** The environment for a background program of ours. */
export function forOwnProgram(env: Environment): Record<string, string> {
  return renamed(env, CERTIFICATES, PUT_AWAY);
}

/** The environment that this process was meant to have, without unset names. */
export function ownEnvironment(): Record<string, string> {
  return renamed(process.env, PUT_AWAY, CERTIFICATES);
}

/** The named ones of those variables, where they are set. */
export function variables(names: readonly string[]): Record<string, string> {
  const env = ownEnvironment();
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

function renamed(env: Environment, from: string, to: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) result[name === from ? to : name] = value;
  return result;
}
