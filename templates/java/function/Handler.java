package function;

public class Handler {
    /** Greets whoever the body names: echo Ada | faas-cli invoke NAME */
    public Response handle(Request request) {
        String name = request.text().strip();
        return new Response("Hello, " + (name.isEmpty() ? "world" : name) + "!\n");
    }
}
