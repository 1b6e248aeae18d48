// Where there is room, the list of ways to narrow down stands open.
"use strict";

const wide = matchMedia("(min-width: 52rem)");
const fold = document.querySelector("[data-fold]");
const unfold = () => { if (fold) fold.open = wide.matches; };
wide.addEventListener("change", unfold);
unfold();
