#!/bin/sh
# Greets whoever the body names: echo Ada | faas-cli invoke NAME
set -eu

name=$(cat)
echo "Hello, ${name:-world}!"
