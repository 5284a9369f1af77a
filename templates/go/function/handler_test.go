package function

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestGreets(t *testing.T) {
	for body, greeting := range map[string]string{"Ada\n": "Hello, Ada!\n", "": "Hello, world!\n"} {
		answer := httptest.NewRecorder()
		Handle(answer, httptest.NewRequest("POST", "/", strings.NewReader(body)))
		if answer.Code != 200 || answer.Body.String() != greeting {
			t.Errorf("%q: got %d %q, wanted %q", body, answer.Code, answer.Body, greeting)
		}
	}
}
