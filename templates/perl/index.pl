#!/usr/bin/env perl
# Calls function/Handler.pm with the body, as the watchdog starts this process for each call.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/function";
use Handler;

binmode STDIN;
binmode STDOUT;
my $body = do { local $/; <STDIN> } // '';
print Handler::handle($body);
