def handler(event, context):
    """Lets every request and every answer through as it is."""
    exchange = event["mcp"]
    answer = exchange.get("gatewayResponse")
    if answer is not None:
        return {
            "interceptorOutputVersion": "1.0",
            "mcp": {
                "transformedGatewayResponse": {
                    "statusCode": answer.get("statusCode", 200),
                    "body": answer.get("body"),
                }
            },
        }
    request = exchange["gatewayRequest"]
    return {
        "interceptorOutputVersion": "1.0",
        "mcp": {"transformedGatewayRequest": {"body": request.get("body")}},
    }
