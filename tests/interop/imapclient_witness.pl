#!/usr/bin/perl
# Perl's Mail::IMAPClient (Debian's libmail-imapclient-perl) against `outkit mock`. Run by signed_in.py.
use strict;
use warnings;
use utf8;

use Encode qw(encode);
use Mail::IMAPClient;
use MIME::Base64 qw(encode_base64);

binmode STDERR, ':utf8';

sub same {
    my ($got, $wanted, $what) = @_;
    $got //= '(nothing)';
    die "$what: '$got' instead of '$wanted'\n" if $got ne $wanted;
}

# The object, connected and signed in; or nothing, and what the server said.
sub sign_in {
    my ($token, $authorities) = @_;
    my $user = $ENV{OUTKIT_USER};
    my $client = Mail::IMAPClient->new(
        Ignoresizeerrors => 1,    # as its users have to set for Exchange, where RFC822.SIZE is an estimate
        Server => $ENV{OUTKIT_IMAP_HOST}, Port => $ENV{OUTKIT_IMAP_PORT}, Uid => 1, Peek => 1, Timeout => 60,
        Ssl => [SSL_ca_file => $authorities // $ENV{OUTKIT_CA_FILE}, SSL_verify_mode => 1, SSL_verifycn_scheme => 'imap'],
    ) or return (undef, $@);
    # It asks without an initial response, and answers the server's "+".
    $client->authenticate('XOAUTH2', sub { encode_base64("user=$user\x01auth=Bearer $token\x01\x01", '') })
        or return (undef, $client->LastError);
    return ($client, '');
}

sub ok($$$) {    # in scalar context
    my ($client, $value, $what) = @_;
    die "$what: " . $client->LastError . "\n" unless defined $value;
    return $value;
}

my (undef, $refusal) = sign_in('not-a-token');
same($refusal =~ /NO AUTHENTICATE failed\./ ? 1 : 0, 1, "a token that is none: $refusal");
(undef, $refusal) = sign_in($ENV{WITNESS_TOKEN}, '/dev/null');
die "an authority that is not trusted: $refusal\n" unless $refusal =~ /certificate|SSL/i;

my ($client, $why) = sign_in($ENV{WITNESS_TOKEN});
die "sign-in: $why\n" unless $client;
for my $what (qw(IMAP4REV1 UIDPLUS MOVE IDLE UNSELECT NAMESPACE)) {
    die "no $what\n" unless $client->has_capability($what);
}
same(join(',', map { $_->[0][0] . $_->[0][1] } @{[$client->namespace]}[0]), '/', 'namespace');
same($client->separator, '/', 'separator');
my $id = ok($client, $client->tag_and_run('ID ("name" "Mail::IMAPClient")'), 'ID');
die "ID\n" unless grep { /Microsoft\.Exchange\.Imap4\.Imap4Server/ } @$id;

my %there = map { $_ => 1 } $client->folders;
for my $name ('INBOX', 'Sent Items', 'Deleted Items', 'Drafts', 'Junk Email', 'Archive') {
    die "no $name\n" unless $there{$name};
}
my ($sent) = grep { $_->{name} eq 'Sent Items' } @{ok($client, $client->folders_hash, 'folders_hash')};
die "Sent Items is not \\Sent\n" unless grep { $_ eq '\\Sent' } @{$sent->{attrs}};

my $umlauts = 'Perl/Gr&APwA3w-e';
for my $name ('Perl', 'Perl "quoted"', 'Perl 2', $umlauts) {
    ok($client, $client->create($name), "create $name");
    die "no $name\n" unless $client->exists($name);
}
same($client->create('Perl') ? 1 : 0, 0, 'a name that is taken');
die $client->LastError unless $client->LastError =~ /Mailbox already exists\./;
same($client->exists('Nowhere') ? 1 : 0, 0, 'Nowhere');
ok($client, $client->rename('Perl 2', 'Perl/Two'), 'rename');
ok($client, $client->delete('Perl "quoted"'), 'delete');
ok($client, $client->subscribe($umlauts), 'subscribe');
die "not subscribed\n" unless grep { $_ eq $umlauts } $client->subscribed;
ok($client, $client->unsubscribe($umlauts), 'unsubscribe');
die "subscribed\n" if grep { $_ eq $umlauts } $client->subscribed;

# Appended, and read again to the octet.
my @letters = map {
    "From: Alex Wilber <alex\@contoso.example>\r\nTo: Adele <adele\@woodgrove.example>\r\nSubject: perl $_\r\n"
        . "Date: Tue, 24 Nov 2026 10:11:12 +0100\r\nMessage-ID: <perl.$_\@contoso.example>\r\n\r\nbody of perl $_\r\n"
} 1 .. 9;
$letters[3] .= ".\r\n)\r\n* 1 FETCH (FLAGS ())\r\n" . encode('iso-8859-1', "Grüße\r\n") x 2000;
$letters[4] =~ s/\r\n\r\n/\r\nMIME-Version: 1.0\r\nContent-Type: multipart\/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: text\/html\r\n\r\n<p>\r\n--b--\r\n/;
$letters[7] .= "say \"this\"\r\n";    # in a search it becomes a literal
my @uids;
for my $n (0 .. $#letters) {
    my $uid = $n % 2
        ? $client->append_string('Perl', $letters[$n], $n == 1 ? '\\Seen \\Flagged' : '', '09-Sep-2001 01:46:40 +0000')
        : $client->append('Perl', $letters[$n]);
    push @uids, ok($client, $uid, "append $n");
}
same(join(',', map { $_ - $uids[0] } @uids), '0,1,2,3,4,5,6,7,8', 'UIDs of APPENDUID');
same($client->append('Nowhere', $letters[0]) // 'refused', 'refused', 'append to Nowhere');

ok($client, $client->select('Perl'), 'select');
same(join(',', $client->messages), join(',', @uids), 'messages');
same(scalar $client->message_count('Perl'), 9, 'message_count');
same(scalar $client->unseen_count, 8, 'unseen_count');
same($client->uidnext('Perl'), $uids[0] + 9, 'uidnext');
for my $n (0 .. $#letters) {
    same($client->message_string($uids[$n]), $letters[$n], "message $n");
    same($client->subject($uids[$n]), 'perl ' . ($n + 1), "subject $n");
    my ($header, $body) = split /\r\n\r\n/, $letters[$n], 2;
    # Its body_string takes what follows the literal for the body, and Exchange's UID follows.
    same($client->bodypart_string($uids[$n], 'TEXT'), $body, "body $n");
}
same($client->date($uids[0]), 'Tue, 24 Nov 2026 10:11:12 +0100', 'date');
same($client->internaldate($uids[1]), ' 9-Sep-2001 01:46:40 +0000', 'internaldate');
my $fields = $client->parse_headers(\@uids, 'Subject', 'Message-ID');
same($fields->{$uids[2]}{'Message-ID'}[0], '<perl.3@contoso.example>', 'parse_headers');
my $structure = ok($client, $client->get_bodystructure($uids[4]), 'get_bodystructure');
same(lc($structure->bodytype . '/' . $structure->bodysubtype), 'multipart/mixed', 'type');
same(join(',', $structure->parts), '1,2', 'parts');
same($client->bodypart_string($uids[4], 2), '<p>', 'part 2');
same($client->bodypart_string($uids[4], 1), 'one', 'part 1');
my $envelope = ok($client, $client->get_envelope($uids[0]), 'get_envelope');
same($envelope->subject, 'perl 1', 'subject of the envelope');
same($envelope->from_addresses, 'Alex Wilber <alex@contoso.example>', 'from of the envelope');
same(join(' ', sort grep { !/Recent/ } $client->flags($uids[1])), '\\Flagged \\Seen', 'flags');

ok($client, $client->set_flag('\\Answered', @uids[2, 3]), 'set_flag');
ok($client, $client->unset_flag('\\Flagged', $uids[1]), 'unset_flag');
ok($client, $client->see($uids[5]), 'see');
ok($client, $client->deny_seeing($uids[1]), 'deny_seeing');
same(join(',', $client->search('ANSWERED')), "$uids[2],$uids[3]", 'answered');
same(join(',', $client->seen), $uids[5], 'seen');
same(join(',', $client->search('SUBJECT', 'perl 7')), $uids[6], 'search');
same(join(',', $client->search('BODY', 'say "this"')), $uids[7], 'search with a literal');
same(join(',', $client->before('10-Sep-2001')), join(',', @uids[1, 3, 5, 7]), 'before');
same(scalar @{[$client->search('NOT', 'ALL')]}, 0, 'nothing');

my $copied = ok($client, $client->copy($umlauts, @uids[0, 1]), 'copy');
same($copied, '1,2', 'UIDs of COPYUID');
my $moved = ok($client, $client->move($umlauts, $uids[2]), 'move');
same($moved, 3, 'UID of the moved message');
ok($client, $client->delete_message($uids[3]), 'delete_message');
ok($client, $client->uidexpunge($uids[3]), 'uidexpunge');
ok($client, $client->delete_message($uids[4]), 'delete_message');
ok($client, $client->expunge, 'expunge');
same(join(',', $client->messages), join(',', @uids[0, 1, 5 .. 8]), 'what is left');
ok($client, $client->delete_message($uids[8]), 'delete_message');
ok($client, $client->close, 'close');
for ([$umlauts, 3], ['Perl', 5]) {    # CLOSE has expunged one
    my ($name, $count) = @$_;
    die "status of $name\n" unless grep { /\(MESSAGES $count\)/ } @{ok($client, $client->status($name, 'MESSAGES'), 'status')};
}

# Two sessions: one idles, the other writes.
my ($other) = sign_in($ENV{WITNESS_TOKEN});
die "no second session\n" unless $other;
ok($client, $client->examine('Perl'), 'examine');
ok($client, $client->idle, 'idle');
ok($other, $other->append('Perl', $letters[0]), 'append');
my $news = '';
for (1 .. 20) {
    my $lines = ok($client, $client->idle_data(10), 'idle_data');
    $news .= join '', @$lines;
    last if $news =~ /RECENT/;
}
die "idle has heard: $news\n" unless $news =~ /^\* 6 EXISTS\r\n/m;
ok($client, $client->done, 'done');
same(scalar @{[$client->messages]}, 6, 'messages after idle');
ok($client, $client->noop, 'noop');
ok($client, $client->logout, 'logout');
ok($other, $other->logout, 'logout');
print "Mail::IMAPClient: works against the mock\n";
