package function;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** An answer: 200 and plain text, unless it is told otherwise. */
public final class Response {
    private final byte[] body;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private int status = 200;

    public Response(String text) {
        this(text.getBytes(StandardCharsets.UTF_8), "text/plain; charset=utf-8");
    }

    public Response(byte[] body, String contentType) {
        this.body = body;
        header("Content-Type", contentType);
    }

    public Response status(int code) {
        status = code;
        return this;
    }

    public Response header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    public int status() {
        return status;
    }

    public Map<String, String> headers() {
        return headers;
    }

    public byte[] body() {
        return body;
    }
}
