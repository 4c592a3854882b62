// Serves tokens with the npm package oauth2-mock-server, for tests/bench/run.
// usage: node oauth2_mock_server.mjs NODE_MODULES KEY CERTIFICATE
// Prints a line of JSON with the token endpoint, and ends when standard input does.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, key, certificate] = process.argv.slice(2);
const { OAuth2Server } = await import(pathToFileURL(path.join(modules, 'oauth2-mock-server/dist/index.mjs')));
const server = new OAuth2Server(key, certificate);
await server.issuer.keys.generate('RS256');
await server.start(0, '127.0.0.1');
console.log(JSON.stringify({
  url: `https://127.0.0.1:${server.address().port}/token`,
  client_id: 'client', client_secret: 'secret', scope: 'openid', mail_scope: 'mail', application_scope: 'openid', refresh_token: 'any',
}));
process.stdin.on('end', () => process.exit(0)).resume();
