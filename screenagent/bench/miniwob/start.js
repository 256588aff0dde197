(seed, longest) => {
  Math.seedrandom(seed);
  core.EPISODE_MAX_TIME = longest;
  core.startEpisodeReal();
  for (const id of ["reward-display", "click-canvas"]) {
    const shown = document.getElementById(id);
    if (shown) shown.style.display = "none";
  }
  document.getElementById("query").style.visibility = "hidden";
}
