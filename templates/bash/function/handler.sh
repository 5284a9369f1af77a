#!/usr/bin/env bash
# Greets whoever the body names: echo Ada | faas-cli invoke NAME
set -euo pipefail

name=$(cat)
echo "Hello, ${name:-world}!"
