const tls = require('tls');
const options = {
  key, cert,
  minVersion: 'TLSv1.2',
  ciphers: [
    'ECDHE-RSA-AES128-GCM-SHA256',
    '!aNULL', // none
  ].join(':'),
  honorCipherOrder: true,
  ecdhCurve: 'X25519:P-256',
};
https.createServer({ ciphers: 'HIGH', maxVersion: 'TLSv1.2' }, app);
