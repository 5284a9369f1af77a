#!/bin/sh
# Compiles handler and test into a temporary folder and runs the test.
set -eu
cd "$(dirname "$0")"
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
javac -d "$classes" ./*.java test/*.java
java -XX:TieredStopAtLevel=1 -cp "$classes" HandlerTest
