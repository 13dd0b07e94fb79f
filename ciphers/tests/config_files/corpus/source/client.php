<?php
# $x = ['ciphers' => 'NO'];
$context = stream_context_create(['ssl' => [
    'verify_peer' => true,
    'ciphers' => 'ECDHE+AESGCM' . ':!SHA1',
    'crypto_method' => STREAM_CRYPTO_METHOD_TLSv1_2_CLIENT,
]]);
curl_setopt($ch, CURLOPT_SSL_CIPHER_LIST, 'DEFAULT@SECLEVEL=1');
