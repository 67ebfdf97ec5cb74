// An MCP client with a TypeScript SDK on the standard input and output of a program, which it starts as an editor does.
//
// node through_proxy.mjs v1|v2 legacy|modern ADDS CONSENTS COMMAND ARGUMENT...
//
// It lists the tools, calls one that adds two numbers and one that asks for a consent, and prints what it found.

const [sdk, era, adds, consents, command, ...args] = process.argv.slice(2);
const { Client, StdioClientTransport } = sdk === "v1"
  ? { ...await import("@modelcontextprotocol/sdk/client/index.js"), ...await import("@modelcontextprotocol/sdk/client/stdio.js") }
  : { ...await import("@modelcontextprotocol/client"), ...await import("@modelcontextprotocol/client/stdio") };
const { ElicitRequestSchema } = sdk === "v1" ? await import("@modelcontextprotocol/sdk/types.js") : {};

const options = { capabilities: { elicitation: { form: {}, url: {} } } };
if (era === "modern") options.versionNegotiation = { mode: "auto" };
const client = new Client({ name: "judge", version: "1.0.0" }, options);
let link = "";
client.setRequestHandler(ElicitRequestSchema ?? "elicitation/create", async (request) => {
  link = request.params.url;
  return { action: "decline" };
});
await client.connect(new StdioClientTransport({ command, args, env: process.env, stderr: "ignore" }));
const { tools } = await client.listTools();
const sum = await client.callTool({ name: adds, arguments: { left: 2, right: 3 } });
try {
  await client.callTool({ name: consents, arguments: {} });
} catch (error) {
  // The specification of 2025-11-25: URL elicitation required.
  if (error.code !== -32042) throw error;
  link = error.data.elicitations[0].url;
}
process.stdout.write(`${JSON.stringify({
  tools: tools.map((known) => known.name),
  text: sum.content.map((part) => part.text).join(" "),
  link,
})}\n`);
await client.close();
process.exit(0);
