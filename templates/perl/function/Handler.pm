package Handler;
use strict;
use warnings;

# Greets whoever the body names: echo Ada | faas-cli invoke NAME
sub handle {
    my ($body) = @_;
    my $name = $body =~ s/^\s+|\s+$//gr;
    $name = 'world' if $name eq '';
    return "Hello, $name!\n";
}

1;
