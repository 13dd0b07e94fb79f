fn connector() -> Result<SslConnector, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    builder.set_cipher_list(
        "ECDHE+AESGCM:\
         ECDHE+CHACHA20",
    )?;
    builder.set_ciphersuites(r"TLS_AES_128_GCM_SHA256")?;
    Ok(builder.build())
}
