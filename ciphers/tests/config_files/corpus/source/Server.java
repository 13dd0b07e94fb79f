class Server {
    private static final String[] SUITES = {
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "SSL_RSA_WITH_RC4_128_MD5",
    };
    void open(SSLServerSocket socket) {
        socket.setEnabledProtocols(new String[] {"TLSv1.2", "TLSv1.3"});
        socket.setEnabledCipherSuites(SUITES);
    }
}
