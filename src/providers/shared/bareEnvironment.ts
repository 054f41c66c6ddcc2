/** How the variables begin that the services' SDKs read. */
const READ_BY_SDKS = /^(?:ANTHROPIC|OPENAI|GEMINI|GOOGLE)_/i;

/**
 * Makes an SDK's client while none of the variables is there that SDKs read by themselves: other keys, projects, headers
 * such as `OPENAI_CUSTOM_HEADERS`, which would go to whatever address the client is given (promise P6). All that holds is
 * what is named to it.
 *
 * @param make Runs at once and to its end: nothing else sees the environment without them.
 */
export function inBareEnvironment<Client>(make: () => Client): Client {
  const hidden = Object.entries(process.env).filter(([name]) => READ_BY_SDKS.test(name));
  for (const [name] of hidden) Reflect.deleteProperty(process.env, name);
  try {
    return make();
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
}
