import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import function.Handler;
import function.Request;
import function.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Serves function.Handler to the watchdog, which starts this process and says in PORT where to listen. */
public final class Main {
    public static void main(String[] args) throws IOException {
        String port = System.getenv().getOrDefault("PORT", "3000");
        // No end to an idle connection: the watchdog closes those that it keeps.
        System.setProperty("sun.net.httpserver.idleInterval", "86400");
        System.setProperty("sun.net.httpserver.nodelay", "true");
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port)), 0);
        ExecutorService threads = Executors.newCachedThreadPool();
        server.setExecutor(threads);
        Handler handler = new Handler();
        server.createContext("/", exchange -> call(handler, exchange));
        // After SIGTERM calls that run may end; the watchdog says how long by SIGKILL.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.stop(0);
            // The JVM would report 143; whoever asked it to end wants to hear that it did.
            Runtime.getRuntime().halt(0);
        }));
        server.start();
    }

    private static void call(Handler handler, HttpExchange exchange) throws IOException {
        Response response;
        try {
            response = handler.handle(Request.of(exchange));
        } catch (Exception | StackOverflowError error) {
            error.printStackTrace();
            String message = error.getMessage() == null ? error.toString() : error.getMessage();
            response = new Response(message + "\n").status(500);
        }
        response.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
        byte[] body = response.body();
        boolean hasBody = body.length > 0 && !exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(response.status(), hasBody ? body.length : -1);
        if (hasBody) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }
}
