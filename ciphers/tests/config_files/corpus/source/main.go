package main

var cfg = &tls.Config{
	MinVersion: tls.VersionTLS12,
	CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256},
	CipherSuites: []uint16{
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_RSA_WITH_RC4_128_SHA, // old
	},
	PreferServerCipherSuites: true,
}
