// Serves function.Handle to the watchdog, which starts this process and says in PORT where to listen.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"

	"handler/function"
)

func main() {
	listener, err := listen(os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: recovered(function.Handle)}
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		if err := server.Serve(listener); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-stopped
	// Calls that run may end.
	if err := server.Shutdown(context.Background()); err != nil {
		log.Print(err)
	}
}

// A port of this machine, or the path of a Unix socket, where a killed process may have left its own.
func listen(port string) (net.Listener, error) {
	if port == "" {
		port = "3000"
	}
	if _, err := strconv.Atoi(port); err == nil {
		return net.Listen("tcp", "127.0.0.1:"+port)
	}
	if err := os.Remove(port); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return net.Listen("unix", port)
}

// A panic is answered with its message and logged with its stack; the process goes on.
func recovered(handle http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil || cause == http.ErrAbortHandler {
				return
			}
			log.Printf("%v\n%s", cause, debug.Stack())
			http.Error(w, fmt.Sprint(cause), http.StatusInternalServerError)
		}()
		handle(w, r)
	})
}
