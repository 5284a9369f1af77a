package function;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** One call of the function. {@code headers} ignores case: {@code headers.getFirst("content-type")}. */
public record Request(
        String method, String path, String query, com.sun.net.httpserver.Headers headers, byte[] body) {

    /** A call with a body and nothing else, for tests. */
    public static Request ofBody(String body) {
        return new Request("POST", "/", null, new com.sun.net.httpserver.Headers(), body.getBytes(StandardCharsets.UTF_8));
    }

    public static Request of(HttpExchange exchange) throws IOException {
        var uri = exchange.getRequestURI();
        return new Request(
                exchange.getRequestMethod(),
                uri.getPath(),
                uri.getRawQuery(),
                exchange.getRequestHeaders(),
                exchange.getRequestBody().readAllBytes());
    }

    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
