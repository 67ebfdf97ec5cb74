// A Lambda function that forwards a call to a gateway, as one would write it for Node. It checks no token. The loop is its
// own, because AWS's client for the Runtime API has to be compiled.

const runtime = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const dropped = new Set(["host", "content-length", "connection", "cookie"]);

async function handler(event) {
  const body = event.isBase64Encoded ? Buffer.from(event.body, "base64") : event.body;
  const headers = Object.entries(event.headers).filter(([name]) => !dropped.has(name.toLowerCase()));
  const method = event.requestContext.http.method;
  const response = await fetch(process.env.GATEWAY_URL, { method, headers, body, redirect: "manual" });
  const kind = response.headers.get("content-type");
  return { statusCode: response.status, headers: { "content-type": kind }, body: await response.text() };
}

for (;;) {
  const next = await fetch(`${runtime}/next`);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const answer = await handler(await next.json());
  await fetch(`${runtime}/${id}/response`, { method: "POST", body: JSON.stringify(answer) });
}
