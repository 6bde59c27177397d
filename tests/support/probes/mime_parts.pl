# Prints each message (a file, named on standard input) as Email::MIME reads it: one line of JSON, a row for each leaf:
# [content type, disposition, number of octets of its body, how often its text has the words].
use strict;
use warnings;
use Email::MIME;
use JSON::PP;

my $words = shift @ARGV;
$Email::MIME::MAX_DEPTH = 70;
$SIG{__WARN__} = sub { };

while (my $file = <STDIN>) {
    chomp $file;
    open my $handle, '<:raw', $file or die "$file: $!";
    local $/;
    my $message = Email::MIME->new(scalar <$handle>);
    close $handle;
    my @rows;
    $message->walk_parts(sub {
        my ($part) = @_;
        return if $part->subparts;
        my ($type) = lc(($part->content_type // 'text/plain') =~ s/[;\s].*//sr);
        my ($disposition) = lc(($part->header('Content-Disposition') // '') =~ s/[;\s].*//sr);
        my $text = eval { $type =~ m{^text/} ? $part->body_str : $part->body } // $part->body;
        $text =~ s/\s+/ /g;
        my $count = () = $text =~ /\Q$words\E/g;
        push @rows, [$type, $disposition, length $part->body, $count];
    });
    print encode_json([$file, \@rows]), "\n";
}
