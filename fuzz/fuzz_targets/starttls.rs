#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pyssl_fuzz::starttls(data));
