// An MCP client with a TypeScript SDK: signs in, lists the tools, and calls one that may need a consent.
//
// node sign_in.mjs v1|v2 ENDPOINT legacy|modern TOOL [CLIENT_ID]
//
// It prints a line {"open": ADDRESS} where a person has to go, and at the end one with what it found. After a consent it
// waits for a line on its standard input.

import { createServer } from "node:http";
import { createInterface } from "node:readline/promises";

const [sdk, endpoint, era, tool, clientId] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport } = sdk === "v1"
  ? { ...await import("@modelcontextprotocol/sdk/client/index.js"), ...await import("@modelcontextprotocol/sdk/client/streamableHttp.js") }
  : await import("@modelcontextprotocol/client");
const { ElicitRequestSchema } = sdk === "v1" ? await import("@modelcontextprotocol/sdk/types.js") : {};

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// Where the browser comes back to, as programs on a person's machine have it.
let cameBack;
const back = new Promise((resolve) => { cameBack = resolve; });
const listener = createServer((request, response) => {
  const address = new URL(request.url, "http://127.0.0.1");
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.end("<!doctype html><html lang=en><title>Signed in</title><main><h1>Signed in</h1></main></html>");
  if (address.pathname === "/callback") cameBack(address.searchParams);
});
await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));

const kept = clientId ? { client: { client_id: clientId } } : {};
const authProvider = {
  redirectUrl: `http://127.0.0.1:${listener.address().port}/callback`,
  get clientMetadata() {
    return {
      client_name: `The TypeScript SDK, ${sdk}`,
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  },
  state: () => crypto.randomUUID(),
  clientInformation: () => kept.client,
  saveClientInformation: (client) => { kept.client = client; },
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens; },
  redirectToAuthorization: (address) => say({ open: address.href }),
  saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
  codeVerifier: () => kept.verifier,
  saveDiscoveryState: (state) => { kept.discovery = state; },
  discoveryState: () => kept.discovery,
};

let consents = 0;
async function consent(address) {
  consents += 1;
  say({ open: address });
  await lines.next();
}

function made() {
  const options = { capabilities: { elicitation: { form: {}, url: {} } } };
  if (era === "modern") options.versionNegotiation = { mode: "auto" };
  const client = new Client({ name: "judge", version: "1.0.0" }, options);
  client.setRequestHandler(ElicitRequestSchema ?? "elicitation/create", async (request) => {
    await consent(request.params.url);
    return { action: "accept" };
  });
  return client;
}

const transport = () => new StreamableHTTPClientTransport(new URL(endpoint), { authProvider });
let client = made();
const first = transport();
try {
  await client.connect(first);
} catch (error) {
  if (error.name !== "UnauthorizedError" && error.constructor.name !== "UnauthorizedError") throw error;
  const answer = await back;
  await first.finishAuth(sdk === "v1" ? answer.get("code") : answer);
  client = made();
  await client.connect(transport());
}

const called = async () => client.callTool({ name: tool, arguments: {} });
const { tools } = await client.listTools();
let result;
try {
  result = await called();
} catch (error) {
  // The specification of 2025-11-25: URL elicitation required.
  if (error.code !== -32042) throw error;
  await consent(error.data.elicitations[0].url);
  result = await called();
}
say({
  tools: tools.map((known) => known.name),
  text: result.content.map((part) => part.text).join(" "),
  failed: result.isError === true,
  consents,
  clientId: kept.client.client_id,
});
await client.close();
listener.close();
process.exit(0);
