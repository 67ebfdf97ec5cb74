// An MCP client with a TypeScript SDK: signs in, lists the tools, and calls one that may need a consent.
//
// node sign_in.mjs v1|v2 REDIRECT ENDPOINT legacy|modern TOOL [CLIENT_ID]
//
// Where a person has to go it prints a line {"open": ADDRESS}, and reads one that says where the person's way ended. Its last
// line says what it found.

import { createInterface } from "node:readline/promises";

const [sdk, redirectUrl, endpoint, era, tool, clientId] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport } = sdk === "v1"
  ? { ...await import("@modelcontextprotocol/sdk/client/index.js"), ...await import("@modelcontextprotocol/sdk/client/streamableHttp.js") }
  : await import("@modelcontextprotocol/client");
const { ElicitRequestSchema } = sdk === "v1" ? await import("@modelcontextprotocol/sdk/types.js") : {};

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function open(address) {
  say({ open: address });
  return (await lines.next()).value;
}

const kept = clientId ? { client: { client_id: clientId } } : {};
const authProvider = {
  redirectUrl,
  clientMetadata: {
    client_name: `The TypeScript SDK, ${sdk}`,
    redirect_uris: [redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  state: () => crypto.randomUUID(),
  clientInformation: () => kept.client,
  saveClientInformation: (client) => { kept.client = client; },
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens; },
  redirectToAuthorization: async (address) => { kept.reached = new URL(await open(address.href)); },
  saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
  codeVerifier: () => kept.verifier,
  saveDiscoveryState: (state) => { kept.discovery = state; },
  discoveryState: () => kept.discovery,
};

let consents = 0;
async function consent(address) {
  consents += 1;
  await open(address);
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
const first = transport();
try {
  await made().connect(first);
  throw new Error("the endpoint asks for no sign-in");
} catch (error) {
  if (error.constructor.name !== "UnauthorizedError") throw error;
  const answer = kept.reached.searchParams;
  await first.finishAuth(sdk === "v1" ? answer.get("code") : answer);
}
const client = made();
const second = transport();
await client.connect(second);

const { tools } = await client.listTools();
const called = () => client.callTool({ name: tool, arguments: {} });
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
  version: sdk === "v1" ? second.protocolVersion : client.getNegotiatedProtocolVersion(),
  clientId: kept.client.client_id,
});
await client.close();
process.exit(0);
