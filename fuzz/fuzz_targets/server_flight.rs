#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pyssl_fuzz::server_flight(data));
