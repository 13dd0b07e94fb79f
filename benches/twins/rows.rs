//! The rows of the table.

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Full13,
    Full12,
    Resumed13,
    Resumed12,
    Bulk64,
    Bulk1K,
    Bulk16K,
    Bulk1M,
    PingPong,
    PingPongRecv,
    FirstContext,
    NextContext,
    BareContext,
    GetCiphers,
    SetCiphers,
    MemoryIdle,
    MemoryUsed,
    MemoryBio,
}

/// The unit of a measured value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Per second; more is better.
    Rate,
    /// Bytes per second; more is better.
    Throughput,
    /// Times per second, shown as the time of one.
    Duration,
    /// Bytes; less is better.
    Bytes,
}

impl Row {
    pub(crate) const ALL: [Row; 18] = [
        Row::Full13,
        Row::Full12,
        Row::Resumed13,
        Row::Resumed12,
        Row::Bulk64,
        Row::Bulk1K,
        Row::Bulk16K,
        Row::Bulk1M,
        Row::PingPong,
        Row::PingPongRecv,
        Row::FirstContext,
        Row::NextContext,
        Row::BareContext,
        Row::GetCiphers,
        Row::SetCiphers,
        Row::MemoryIdle,
        Row::MemoryUsed,
        Row::MemoryBio,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Row::Full13 => "full-handshake-1.3",
            Row::Full12 => "full-handshake-1.2",
            Row::Resumed13 => "resumed-handshake-1.3",
            Row::Resumed12 => "resumed-handshake-1.2",
            Row::Bulk64 => "bulk-64B-writes",
            Row::Bulk1K => "bulk-1KiB-writes",
            Row::Bulk16K => "bulk-16KiB-writes",
            Row::Bulk1M => "bulk-1MiB-writes",
            Row::PingPong => "ping-pong-64B",
            Row::PingPongRecv => "ping-pong-64B-recv",
            Row::FirstContext => "default-context-first",
            Row::NextContext => "default-context-next",
            Row::BareContext => "bare-context",
            Row::GetCiphers => "get-ciphers",
            Row::SetCiphers => "set-ciphers",
            Row::MemoryIdle => "memory-idle-pair",
            Row::MemoryUsed => "memory-pair-after-16KiB",
            Row::MemoryBio => "memory-bio-handshake-1.3",
        }
    }

    pub(crate) fn unit(self) -> Unit {
        match self {
            Row::Full13
            | Row::Full12
            | Row::Resumed13
            | Row::Resumed12
            | Row::PingPong
            | Row::PingPongRecv
            | Row::MemoryBio => Unit::Rate,
            Row::Bulk64 | Row::Bulk1K | Row::Bulk16K | Row::Bulk1M => Unit::Throughput,
            Row::FirstContext
            | Row::NextContext
            | Row::BareContext
            | Row::GetCiphers
            | Row::SetCiphers => Unit::Duration,
            Row::MemoryIdle | Row::MemoryUsed => Unit::Bytes,
        }
    }

    /// Whether reading ahead may change the result.
    pub(crate) fn has_sockets(self) -> bool {
        !matches!(self.unit(), Unit::Duration) && self != Row::MemoryBio
    }

    /// Whether each measurement needs a fresh process.
    pub(crate) fn needs_process(self) -> bool {
        matches!(self, Row::FirstContext | Row::MemoryIdle | Row::MemoryUsed)
    }
}
