#!/usr/bin/env bash
# The SHA-512 of the body, as sha512sum prints it for its input. `exec`: one process less to start per call.
exec sha512sum
