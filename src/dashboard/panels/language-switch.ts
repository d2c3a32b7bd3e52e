/** The switch of languages: each in its own words, and a form that works without a script. */
import { languageNames, languages, spoken } from "../language/language.ts";
import { type Html, html, raw } from "./html.ts";

/** `csrf` is "" before the sign-in. */
export const languageSwitch = (csrf: string): Html =>
  html`<form method="post" action="/language" class="lang"><input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="from" value="">${languages.map((one) => html`<button name="language" value="${one}" lang="${one}" title="${languageNames[one]}"${one === spoken() ? raw(' aria-current="true"') : ""}>${one.toUpperCase()}</button>`)}</form>`;
