# Reads messages with MIME-tools and with Email::MIME. For each message (its length in four octets, then itself, on
# standard input) one line of JSON: {reader: [[type, name, content in base64], …]}, and in "authors" the names and
# addresses of From; a reader that refuses the message has [] and its error in "errors".
use strict;
use warnings;
use Email::Address::XS;
use Email::MIME;
use JSON::PP;
use Mail::Address;
use MIME::Base64 qw(encode_base64);
use MIME::Parser;

$Email::MIME::MAX_DEPTH = 70;
$SIG{__WARN__} = sub { };
binmode STDIN;
$| = 1;

sub leaf {
    my ($type, $name, $content) = @_;
    $name //= '';
    utf8::decode($name) unless utf8::is_utf8($name);
    utf8::encode($content) if utf8::is_utf8($content);
    return [lc($type // ''), $name, encode_base64($content // '', '')];
}

sub of_mime_tools {
    my ($entity, $leaves) = @_;
    if ($entity->parts) { of_mime_tools($_, $leaves) for $entity->parts; return }
    my $body = $entity->bodyhandle or return;
    push @$leaves, leaf($entity->effective_type, $entity->head->recommended_filename, $body->as_string);
}

sub mime_tools {
    my ($raw) = @_;
    my $parser = MIME::Parser->new;
    $parser->output_to_core(1);
    $parser->tmp_to_core(1);
    $parser->extract_nested_messages(1);
    $parser->extract_uuencode(1);
    my @leaves;
    of_mime_tools($parser->parse_data($raw), \@leaves);
    return \@leaves;
}

sub email_mime {
    my ($raw, $depth) = @_;
    my @leaves;
    Email::MIME->new($raw)->walk_parts(sub {
        my ($part) = @_;
        return if $part->subparts;
        my ($type) = ($part->content_type // 'text/plain') =~ /^\s*([^;\s]*)/;
        push @leaves, leaf($type, $part->filename, $part->body);
        push @leaves, @{email_mime($part->body, $depth + 1)} if $type =~ m{^message/(rfc822|global)}i && $depth < 20;
    });
    return \@leaves;
}

# Mail::Address is what goes with MIME-tools, Email::Address::XS with Email::MIME.
sub authors {
    my ($raw) = @_;
    my $head = Email::MIME->new($raw)->header_obj;
    my @written = map { decoded($_) } $head->header_raw('From');
    my @by_xs = map { Email::Address::XS->parse($_) } @written;
    return (
        'MIME-tools' => [map { [map { decoded($_ // '') } $_->name, $_->address] } map { Mail::Address->parse($_) } @written],
        'Email::MIME' => [map { [map { decoded($_ // '') } $_->name, $_->address] } @by_xs],
    );
}

sub decoded {
    my ($text) = @_;
    utf8::decode($text) unless utf8::is_utf8($text);
    return $text;
}

my $json = JSON::PP->new->ascii;
while (read(STDIN, my $size, 4) == 4) {
    read(STDIN, my $raw, unpack('N', $size));
    my %found = (errors => {}, authors => {eval { authors($raw) }});
    for (['MIME-tools', sub { mime_tools($raw) }], ['Email::MIME', sub { email_mime($raw, 0) }]) {
        my ($name, $read) = @$_;
        $found{$name} = eval { $read->() } // [];
        $found{errors}{$name} = "$@" if $@;
    }
    print $json->encode(\%found), "\n";
}
