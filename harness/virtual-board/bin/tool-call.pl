#!/usr/bin/env perl
# Hands a call of STM32_Programmer_CLI to the process of the board that it is for and prints what comes back; see harness/virtual-board/tool-server.ts.
# What the board does not take over, the tool does as a process of its own.
use strict;
use warnings;

sub elsewhere {
  my ($bin) = $0 =~ m{^(.*)/};
  exec $ENV{ROT_HIL_NODE} || 'node', "$bin/../../../dist/harness/virtual-board/drop-in/main.js", @ARGV or die "node: $!\n";
}

# As in harness/virtual-board/runtime-folder.ts.
my $folder = $ENV{ROT_HIL_RUNTIME_DIR} || ($ENV{TMPDIR} || $ENV{TMP} || $ENV{TEMP} || '/tmp') . "/rot-hil-$<";
my ($sn) = map { /^sn=([0-9A-F]{24})$/i ? uc $1 : () } @ARGV;
# The keys of a debug authentication stay in a process of its own; a discovery has none.
elsewhere() unless defined $sn && (grep { /^port=SWD$/i } @ARGV) && !grep { /^debugauth=(?!2$)/i } @ARGV;
my $path = "$folder/boards/$sn.tool";
elsewhere() unless -S $path && -o _ && length($path) < 104;
$SIG{PIPE} = 'IGNORE';
# A perl without its library is none.
my $cwd = eval { require Socket; require Cwd; Cwd::getcwd() } or elsewhere();
my $board;
socket($board, Socket::PF_UNIX(), Socket::SOCK_STREAM(), 0) && connect($board, Socket::pack_sockaddr_un($path)) or elsewhere();
binmode $_ for $board, \*STDOUT;
my $call = join "\0", $cwd, @ARGV;
my $message = length($call) . "\n$call";
while (length $message) {
  my $written = syswrite $board, $message;
  elsewhere() unless $written;
  substr($message, 0, $written) = '';
}
# A board that hangs: the process of its own says so.
my $ready = '';
vec($ready, fileno $board, 1) = 1;
elsewhere() unless select($ready, undef, undef, 5) > 0;

my ($printed, $status) = (0, undef);
while (sysread $board, my $chunk, 65536) {
  if (defined $status) { $status .= $chunk; next }
  ($chunk, $status) = split /\0/, $chunk, 2;
  next unless defined $chunk && length $chunk;
  $printed = 1;
  while (length $chunk) {
    my $written = syswrite STDOUT, $chunk;
    exit 1 unless $written;
    substr($chunk, 0, $written) = '';
  }
}
exit $status if defined $status && $status =~ /^\d{1,3}$/;
elsewhere() unless $printed;
syswrite STDOUT, "\nError: ST-LINK error (DEV_USB_COMM_ERR)\n\n";
exit 1;
