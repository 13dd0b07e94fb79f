//! The rows of the table.

/// The unit of a measured value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Repetitions per second; more is better.
    Rate,
    /// Bytes per second; more is better.
    Throughput,
    /// Repetitions per second, shown as the time of one repetition.
    Duration,
    /// Bytes; less is better.
    Bytes,
}

/// Declares the rows: the variant, the name and the unit.
macro_rules! rows {
    ($($row:ident $name:literal $unit:ident;)*) => {
        /// One row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Row {
            $($row),*
        }

        impl Row {
            pub(crate) const ALL: &[Row] = &[$(Row::$row),*];

            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Row::$row => $name),*
                }
            }

            pub(crate) fn unit(self) -> Unit {
                match self {
                    $(Row::$row => Unit::$unit),*
                }
            }
        }
    };
}

rows! {
    Full13 "full-handshake-1.3" Rate;
    Full12 "full-handshake-1.2" Rate;
    Resumed13 "resumed-handshake-1.3" Rate;
    Resumed12 "resumed-handshake-1.2" Rate;
    Cached13 "session-cache-1.3" Rate;
    Cached12 "session-cache-1.2" Rate;
    EightClients "eight-clients-1.3" Rate;
    Bulk64 "bulk-64B-writes" Throughput;
    Bulk256 "bulk-256B-writes" Throughput;
    Bulk1K "bulk-1KiB-writes" Throughput;
    Bulk4K "bulk-4KiB-writes" Throughput;
    Bulk16K "bulk-16KiB-writes" Throughput;
    Bulk1M "bulk-1MiB-writes" Throughput;
    Buffered64 "bulk-64B-buffered" Throughput;
    Buffered1K "bulk-1KiB-buffered" Throughput;
    SendFile "sendfile-16MiB" Throughput;
    PingPong "ping-pong-64B" Rate;
    PingPongRecv "ping-pong-64B-recv" Rate;
    PingPongBusy "ping-pong-64B-busy-poll" Rate;
    PingPongOfMany "ping-pong-64B-1000-idle" Rate;
    FirstContext "default-context-first" Duration;
    NextContext "default-context-next" Duration;
    FirstCafile "cafile-first" Duration;
    NextCafile "cafile-next" Duration;
    BareContext "bare-context" Duration;
    CopyContext "copy-context" Duration;
    GetCiphers "get-ciphers" Duration;
    GetCaCerts "get-ca-certs-der" Duration;
    SetCiphers "set-ciphers" Duration;
    SetCiphersLive "set-ciphers-100-open" Duration;
    Wrap "wrap-and-drop" Duration;
    MemoryIdle "memory-idle-pair" Bytes;
    MemoryUsed "memory-pair-after-16KiB" Bytes;
    MemoryBio "memory-bio-handshake-1.3" Rate;
    MemoryBulk64 "memory-bio-64B-writes" Throughput;
    MemoryBulk1K "memory-bio-1KiB-writes" Throughput;
    MemoryBulk4K "memory-bio-4KiB-writes" Throughput;
    MemoryBulk16K "memory-bio-16KiB-writes" Throughput;
    MemoryBulk64K "memory-bio-64KiB-writes" Throughput;
    MemoryBulk256K "memory-bio-256KiB-writes" Throughput;
    MemoryBulk1M "memory-bio-1MiB-writes" Throughput;
}

impl Row {
    /// Whether the work uses sockets, so that reading ahead may change the result.
    pub(crate) fn has_sockets(self) -> bool {
        !matches!(self.unit(), Unit::Duration) && !self.name().starts_with("memory-bio")
    }

    /// Whether each measurement needs a fresh process.
    pub(crate) fn needs_process(self) -> bool {
        self.unit() == Unit::Bytes || matches!(self, Row::FirstContext | Row::FirstCafile)
    }
}
