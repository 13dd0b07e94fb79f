authentication = "internal_hashed"
c2s_require_encryption = true
--[[ ssl = { ciphers = "NO" } ]]
c2s_ssl = {
  ciphers = { "ECDHE+AESGCM", "ECDHE+CHACHA20" };
  options = { "no_sslv3", "no_tlsv1", "no_tlsv1_1" };
  curveslist = { "X25519", "P-256" };
}
