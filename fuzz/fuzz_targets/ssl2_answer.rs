#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pyssl_fuzz::ssl2_answer(data));
