use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Handler;
use Test::More tests => 2;

is(Handler::handle("Ada\n"), "Hello, Ada!\n", 'greets whoever the body names');
is(Handler::handle(''), "Hello, world!\n", 'greets the world when the body is empty');
