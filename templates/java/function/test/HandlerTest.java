import function.Handler;
import function.Request;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Run it: sh test.sh */
public class HandlerTest {
    public static void main(String[] args) {
        for (var entry : Map.of("Ada\n", "Hello, Ada!\n", "", "Hello, world!\n").entrySet()) {
            var response = new Handler().handle(Request.ofBody(entry.getKey()));
            String text = new String(response.body(), StandardCharsets.UTF_8);
            if (response.status() != 200 || !text.equals(entry.getValue())) {
                throw new AssertionError("wanted " + entry.getValue() + ", got " + response.status() + " " + text);
            }
            System.out.print("ok - greets: " + text);
        }
    }
}
