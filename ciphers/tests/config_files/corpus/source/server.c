#include <openssl/ssl.h>
#define CIPHERS "ECDHE-RSA-AES128-GCM-SHA256:" \
                "ECDHE-RSA-AES256-GCM-SHA384"
/* SSL_CTX_set_cipher_list(ctx, "NO"); */
int setup(SSL_CTX *ctx) {
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    if (SSL_CTX_set_cipher_list(ctx, CIPHERS) != 1) // "x"
        return 0;
    SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set1_groups_list(ctx, "X25519:P-256");
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
    return 1;
}
int old(SSL_CTX *other) { return SSL_CTX_set_cipher_list(other, "RC4" ":MD5"); }
