/**
 * Strings in the page's source that look like words and are no messages, by file: of logs, metrics, the API's description, the
 * start of the controller and keys. A number may only fall; a new string for people goes through `t`, `html` or `label`.
 */
export const bareMax: Readonly<Record<string, number>> = {
  "access/accounts.ts": 2,
  "access/security.ts": 1,
  "access/tls.ts": 9,
  "access/tokens.ts": 1,
  "fleet/plan-view.ts": 1,
  "installation/commissioning-page.ts": 4,
  "installation/installation-routes.ts": 2,
  "page/dialog.ts": 1,
  "page/main.ts": 3,
  "page/place.ts": 1,
  "panels/chargers.ts": 1,
  "places/alerts.ts": 1,
  "places/plan.ts": 1,
  "places/routes.ts": 2,
  "server/accounts-pages.ts": 2,
  "server/act.ts": 1,
  "server/api-route.ts": 2,
  "server/api-routes.ts": 5,
  "server/api.ts": 25,
  "server/asset-worker.ts": 4,
  "server/metrics.ts": 55,
  "server/own-password.ts": 2,
  "server/page-port.ts": 5,
  "server/server.ts": 9,
  "server/serving.ts": 2,
  "server/sign-in.ts": 6,
};
