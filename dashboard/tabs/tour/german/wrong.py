"""What goes wrong, in German, by the English sentences of wrong.py."""

WRONG = {
    "A schedule that leaves signal at the end": "Ein Schedule, der am Ende Signal übrig lässt",
    (
        "Training adds noise up to the last timestep. If the schedule is too short, some signal is left even "
        "there, and the network learns to rely on it. Sampling starts from pure noise, which has none."
    ): (
        "Das Training fügt bis zum letzten Zeitschritt Rauschen hinzu. Ist der Schedule zu kurz, bleibt selbst "
        "dort etwas Signal übrig, und das Netz lernt, sich darauf zu verlassen. Die Erzeugung beginnt mit reinem "
        "Rauschen, in dem keines ist."
    ),
    "Below, the data have a mean of 3, and the schedule leaves α = 0.28 of the signal. The denoiser is perfect.": (
        "Unten haben die Daten den Mittelwert 3, und der Schedule lässt α = 0,28 des Signals übrig. Der "
        "Entrauscher ist perfekt."
    ),
    "DDIM starts from pure noise. Where is the mean of its points at the end?": (
        "DDIM beginnt mit reinem Rauschen. Wo liegt am Ende der Mittelwert seiner Punkte?"
    ),
    "At 3, like the data's": "Bei 3, wie der der Daten",
    "Nearer to 0 than the data's": "Näher bei 0 als der der Daten",
    "Beyond 3": "Über 3 hinaus",
    (
        "The mean ends at {leaking:.2f} instead of 3: the points are good ones, but too many lie nearer to 0. With "
        "a schedule that reaches α = {end:.3f} it ends at {good:.2f}."
    ): (
        "Der Mittelwert endet bei {leaking:.2f} statt bei 3: Die Punkte sind gute, aber zu viele liegen näher bei "
        "0. Mit einem Schedule, der α = {end:.3f} erreicht, endet er bei {good:.2f}."
    ),
    "{leaking:.2f} instead of 3: look at α at the last timestep; it must be close to 0.": (
        "{leaking:.2f} statt 3: Sehen Sie α am letzten Zeitschritt an; es muss nahe 0 sein."
    ),
    (
        "In Generate, a run with “leading” spacing has the same fault: it starts at a timestep below the highest, "
        "where training still had signal. Read the advice beside the prompt, switch to “trailing” and compare."
    ): (
        "In Erzeugen hat ein Lauf mit dem Abstand „leading“ denselben Fehler: Er beginnt bei einem Zeitschritt unter "
        "dem höchsten, wo im Training noch Signal war. Lesen Sie den Hinweis beim Prompt, wechseln Sie zu „trailing“ "
        "und vergleichen Sie."
    ),
    "All pictures have medium brightness. No prompt brings a really dark or a really bright one.": (
        "Alle Bilder sind mittelhell. Kein Prompt bringt ein wirklich dunkles oder helles."
    ),
    (
        "α is not 0 at the last timestep, so a little signal is left there. In training the network read the mean "
        "brightness from it; sampling begins with pure noise, whose mean is 0."
    ): (
        "α ist am letzten Zeitschritt nicht 0, also bleibt dort etwas Signal. Im Training las das Netz daran die "
        "mittlere Helligkeit ab; das Erzeugen beginnt mit reinem Rauschen, dessen Mittelwert 0 ist."
    ),
    "Rescale the schedule to zero terminal SNR, predict v, and start at the last timestep (trailing spacing).": (
        "Den Schedule auf ein Signal-Rausch-Verhältnis von 0 am Ende umrechnen, v vorhersagen und am letzten "
        "Zeitschritt beginnen (Abstand „trailing“)."
    ),
    "The wrong prediction type": "Die falsche Art der Vorhersage",
    (
        "Networks predict the noise ε, the clean image x₀, or v, a mixture of both. All three have the same shape "
        "and nearly the same size. If the sampler takes one for another, nothing crashes."
    ): (
        "Netze sagen das Rauschen ε vorher, das saubere Bild x₀ oder v, eine Mischung aus beiden. Alle drei haben "
        "dieselbe Form und fast dieselbe Größe. Nimmt der Sampler das eine für das andere, stürzt nichts ab."
    ),
    (
        "Below, the same network draws the same prompt twice. The second time, the sampler takes its prediction "
        "for another type."
    ): (
        "Unten zeichnet dasselbe Netz denselben Prompt zweimal. Beim zweiten Mal nimmt der Sampler seine "
        "Vorhersage für eine andere Art."
    ),
    (
        "Halfway through the run, how large is the standard deviation of the noisy latent, compared with the right run?"
    ): (
        "Wie groß ist in der Mitte des Laufs die Standardabweichung des verrauschten Latents, verglichen mit dem "
        "richtigen Lauf?"
    ),
    "About the same": "Etwa gleich",
    "Much too large": "Viel zu groß",
    "Much too small": "Viel zu klein",
    (
        "Halfway the latent has a standard deviation of {wrong:.2f}, in the right run {right:.2f}. The network "
        "predicts {kind}; the sampler took it for {taken}."
    ): (
        "In der Mitte hat das Latent eine Standardabweichung von {wrong:.2f}, im richtigen Lauf {right:.2f}. Das "
        "Netz sagt {kind} vorher; der Sampler nahm es für {taken}."
    ),
    "CLIP's cosine between picture and prompt goes from {fit:.2f} to {unfit:.2f}.": (
        "CLIPs Kosinus zwischen Bild und Prompt geht von {fit:.2f} auf {unfit:.2f}."
    ),
    "{wrong:.2f} against {right:.2f}: watch the standard deviation of the noisy latent.": (
        "{wrong:.2f} gegen {right:.2f}: Achten Sie auf die Standardabweichung des verrauschten Latents."
    ),
    "In the 2-D lab, train networks that predict ε, x₀ and v, and compare their errors.": (
        "Trainieren Sie im 2-D-Labor Netze, die ε, x₀ und v vorhersagen, und vergleichen Sie ihre Fehler."
    ),
    "Burnt colours and hard contrast, or a grey field of noise. No error message.": (
        "Verbrannte Farben und harter Kontrast, oder ein graues Feld aus Rauschen. Keine Fehlermeldung."
    ),
    "The scheduler's prediction_type is not the one that the network was trained with.": (
        "Der prediction_type des Schedulers ist nicht der, mit dem das Netz trainiert wurde."
    ),
    (
        "Take the type from the model's own configuration, never from a default. Test it with one training "
        "picture: add noise, predict, and compare x̂₀ with the picture."
    ): (
        "Nehmen Sie die Art aus der Konfiguration des Modells selbst, nie aus einer Voreinstellung. Prüfen Sie sie "
        "an einem Trainingsbild: Rauschen hinzufügen, vorhersagen und x̂₀ mit dem Bild vergleichen."
    ),
    "Guidance far too high": "Viel zu hohe Guidance",
    (
        "If some guidance makes a picture fit its prompt better, more should make it fit better still. Below, the "
        "same prompt and seed, once with guidance 4 and once with 30."
    ): (
        "Wenn etwas Guidance ein Bild besser zum Prompt passen lässt, sollte mehr es noch besser tun. Unten "
        "derselbe Prompt und Seed, einmal mit Guidance 4 und einmal mit 30."
    ),
    "Does the picture fit its prompt better with guidance 30, by CLIP's cosine?": (
        "Passt das Bild mit Guidance 30 nach CLIPs Kosinus besser zu seinem Prompt?"
    ),
    "It fits better": "Es passt besser",
    "About equally well": "Etwa gleich gut",
    "It fits worse": "Es passt schlechter",
    "The cosine goes from {fit:.3f} at 4 to {unfit:.3f} at 30; a change of up to {same:.2f} counts as none. CLIP sees "
    "what a picture shows, and hardly how it is damaged.": (
        "Der Kosinus geht von {fit:.3f} bei 4 auf {unfit:.3f} bei 30; eine Änderung bis {same:.2f} zählt nicht. CLIP "
        "sieht, was ein Bild zeigt, und kaum, wie es beschädigt ist."
    ),
    (
        "The predicted image leaves the range that latents have, and the sampler cuts it off. This changes the "
        "prediction by {cut:.2f} on average, at guidance 4 by {usual:.2f}. The noise itself measures about 1."
    ): (
        "Das vorhergesagte Bild verlässt den Bereich, den Latents haben, und der Sampler schneidet es ab. Das "
        "ändert die Vorhersage im Mittel um {cut:.2f}, bei Guidance 4 um {usual:.2f}. Das Rauschen selbst misst "
        "etwa 1."
    ),
    "The cut changes the prediction by {cut:.2f} at guidance 30, by {usual:.2f} at 4.": (
        "Der Schnitt ändert die Vorhersage um {cut:.2f} bei Guidance 30, um {usual:.2f} bei 4."
    ),
    "In Guidance, sweep over scales and watch where the picture begins to break.": (
        "Gehen Sie in Guidance eine Reihe von Faktoren durch und sehen Sie, wo das Bild zu zerfallen beginnt."
    ),
    "Oversaturated colours, hard edges, blotches; all seeds look alike.": (
        "Übersättigte Farben, harte Kanten, Flecken; alle Seeds sehen gleich aus."
    ),
    "Guidance extrapolates beyond both predictions. Far out, the network never learned what is right.": (
        "Guidance geht über beide Vorhersagen hinaus. Weit draußen hat das Netz nie gelernt, was richtig ist."
    ),
    "Lower the scale, guide only at medium noise levels (guidance interval), or rescale or threshold x̂₀.": (
        "Den Faktor senken, nur bei mittleren Rauschpegeln führen (Guidance-Intervall) oder x̂₀ skalieren oder "
        "begrenzen."
    ),
    "Noise added at the last step": "Rauschen nach dem letzten Schritt",
    (
        "A sampler with fresh noise adds some after each step but the last, since no network call follows that could "
        "remove it. Below, a run of five steps, right, and with noise added at the last step too."
    ): (
        "Ein Sampler mit frischem Rauschen fügt nach jedem Schritt welches hinzu, nur nach dem letzten nicht: Danach "
        "wird das Netz nicht mehr gefragt, das es entfernen könnte. Unten ein Lauf von fünf Schritten, richtig, und "
        "mit Rauschen auch nach dem letzten Schritt."
    ),
    "What becomes of this last noise?": "Was wird aus diesem letzten Rauschen?",
    "The decoder removes it": "Der Decoder entfernt es",
    "It stays in the picture as a texture": "Es bleibt als Textur im Bild",
    "It turns into another picture": "Es wird zu einem anderen Bild",
    (
        "The latent keeps noise of standard deviation {noise:.2f}, where it should have 0. The pixels change by "
        "{pixels:.3f} (root mean square, 0 to 1)."
    ): (
        "Im Latent bleibt Rauschen mit einer Standardabweichung von {noise:.2f}, wo 0 sein sollte. Die Pixel "
        "ändern sich um {pixels:.3f} (quadratisches Mittel, 0 bis 1)."
    ),
    (
        "Both pictures still show the same: their embeddings have a cosine of {cosine:.2f}. So CLIP does not find "
        "this fault; the noise that is left does."
    ): (
        "Beide Bilder zeigen noch dasselbe: Ihre Embeddings haben einen Kosinus von {cosine:.2f}. CLIP findet diesen "
        "Fehler also nicht; das Rauschen, das übrig ist, findet ihn."
    ),
    "{noise:.2f} instead of 0: measure the noise in the last state.": (
        "{noise:.2f} statt 0: Messen Sie das Rauschen im letzten Zustand."
    ),
    "In Samplers, look at the last steps of DDPM with 5 and with 50 steps.": (
        "Betrachten Sie in Sampler die letzten Schritte von DDPM mit 5 und mit 50 Schritten."
    ),
    "A fine grain or mottled areas over an otherwise good picture; worse with few steps.": (
        "Feines Korn oder fleckige Flächen über einem sonst guten Bild; schlimmer bei wenigen Schritten."
    ),
    "The loop adds noise after the last update as well, or stops one noise level too early.": (
        "Die Schleife fügt auch nach der letzten Aktualisierung Rauschen hinzu, oder sie endet einen Rauschpegel "
        "zu früh."
    ),
    "No noise at the last step: z = 0 there, and let the schedule end at σ = 0.": (
        "Kein Rauschen beim letzten Schritt: Dort ist z = 0, und der Schedule endet bei σ = 0."
    ),
}
