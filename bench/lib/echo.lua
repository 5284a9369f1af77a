-- The request of the module mode benchmark: a small body that comes back.
wrk.method = "POST"
wrk.body = "hello"
wrk.headers["Content-Type"] = "text/plain"
