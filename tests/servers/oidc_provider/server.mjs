// A foreign OpenID provider for the tests: `node server.mjs '{"port": …, "audience": …, "callback": …, "keys": {…}, …}'`.
import { createRequire } from "node:module";

const options = JSON.parse(process.argv[2]);
const { Provider } = await import(createRequire(`${options.modules}/`).resolve("oidc-provider"));
const issuer = `http://127.0.0.1:${options.port}`;
const web = {
  client_id: "web",
  client_secret: options.secret,
  redirect_uris: [options.callback],
  post_logout_redirect_uris: [options.after_logout],
  grant_types: ["authorization_code", "refresh_token", "client_credentials"],
  response_types: ["code"],
  scope: "openid email profile offline_access files",
};
const cli = {
  client_id: "cli",
  token_endpoint_auth_method: "none",
  redirect_uris: ["http://127.0.0.1/callback"],
  grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
  response_types: ["code"],
  application_type: "native",
};
const provider = new Provider(issuer, {
  clients: [web, cli],
  jwks: options.keys,
  cookies: { keys: ["cookies of the tests"] },
  scopes: ["openid", "offline_access", "email", "profile", "files"],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: false,
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@elsewhere.example`, email_verified: false, name: id }) }),
  issueRefreshToken: () => true,
  rotateRefreshToken: () => true,
  ttl: { AccessToken: () => options.lifetime, ClientCredentials: () => options.lifetime, IdToken: () => 86400 },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    deviceFlow: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, resource) => ({
        scope: "files",
        audience: resource,
        accessTokenTTL: options.lifetime,
        accessTokenFormat: options.format ?? "jwt",
        jwt: { sign: { alg: options.algorithm } },
      }),
    },
  },
});
provider.on("server_error", (_context, error) => console.error(error));
provider.listen(options.port, "127.0.0.1", () => console.log("ready"));
