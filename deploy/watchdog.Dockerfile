# The image dunlin/watchdog: nothing but the watchdog, for templates to copy from:
#   COPY --from=dunlin/watchdog:0.1.0 /fwatchdog /usr/bin/fwatchdog
# Build it from the checkout's root, after `npm run build`:
#   docker build -f deploy/watchdog.Dockerfile --build-arg ARCH=x64 -t dunlin/watchdog:0.1.0 .
# The executable needs a C library (glibc 2.17 or newer) in the image it is copied to; Debian, Ubuntu and Fedora have it.
# Alpine has musl: there the container would end with "exec /usr/bin/fwatchdog: no such file or directory", or
# "fwatchdog: not found". For Alpine, after `npm run build -- --musl`:
#   docker build -f deploy/watchdog.Dockerfile --build-arg ARCH=x64-musl -t dunlin/watchdog:0.1.0-alpine .
# and in the function's Dockerfile, as watchdog/README.md shows it whole:
#   RUN apk add --no-cache libstdc++
#   COPY --from=dunlin/watchdog:0.1.0-alpine /fwatchdog /usr/bin/fwatchdog
FROM scratch
ARG ARCH=x64
COPY dist/fwatchdog-linux-${ARCH} /fwatchdog
ENTRYPOINT ["/fwatchdog"]
