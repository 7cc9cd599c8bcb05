"""The stops about words and video in German, by the English sentences of steering.py."""

STEERING = {
    "CLIP: words and pictures in one space": "CLIP: Wörter und Bilder in einem Raum",
    (
        "CLIP is a pair of networks. One turns a picture into a vector, its embedding; the other does so with a "
        "text. Both embeddings live in one space, so that a picture and a text can be compared."
    ): (
        "CLIP besteht aus zwei Netzen. Das eine macht aus einem Bild einen Vektor, sein Embedding; das andere tut "
        "dies mit einem Text. Beide Embeddings liegen in einem Raum, so dass sich Bild und Text vergleichen "
        "lassen."
    ),
    (
        "CLIP learns from pictures with their captions. Its objective is contrastive: in each batch the cosine of "
        "a picture with its own caption must be high, and with every other caption low."
    ): (
        "CLIP lernt aus Bildern mit ihren Bildunterschriften. Sein Ziel ist kontrastiv: In jedem Batch soll der "
        "Kosinus eines Bildes mit seiner eigenen Unterschrift hoch sein und mit jeder anderen niedrig."
    ),
    (
        "Eight pictures and eight captions, shuffled. To how many pictures does CLIP give the right caption? "
        "Chance is 1."
    ): (
        "Acht Bilder und acht Unterschriften, gemischt. Wie vielen Bildern gibt CLIP die richtige Unterschrift? "
        "Zufällig wäre es 1."
    ),
    (
        "{right} of 8. A picture and its own caption have a cosine of {own:.2f} on average, all other pairs "
        "{other:.2f}."
    ): (
        "{right} von 8. Ein Bild und seine eigene Unterschrift haben im Mittel einen Kosinus von {own:.2f}, alle "
        "anderen Paare {other:.2f}."
    ),
    (
        "The contrastive loss of this batch is {loss:.3f}; guessing would have {chance:.2f}. CLIP draws nothing "
        "and has no list of labels. It only learns what belongs together."
    ): (
        "Der kontrastive Loss dieses Batchs ist {loss:.3f}; Raten hätte {chance:.2f}. CLIP zeichnet nichts und hat "
        "keine Liste von Begriffen. Es lernt nur, was zusammengehört."
    ),
    "{own:.2f} against {other:.2f}: a picture is closest to its own caption.": (
        "{own:.2f} gegen {other:.2f}: Ein Bild ist seiner eigenen Unterschrift am nächsten."
    ),
    "In CLIP, compare any texts with any pictures: write your own captions into the list.": (
        "Vergleichen Sie in CLIP beliebige Texte mit beliebigen Bildern: Schreiben Sie eigene Unterschriften in "
        "die Liste."
    ),
    "Measured just now with the CLIP of “{model}”. The seed {seed} chose the pictures from its gallery.": (
        "Soeben gemessen mit dem CLIP von „{model}“. Der Seed {seed} hat die Bilder aus dessen Galerie gewählt."
    ),
    "unCLIP: from a vector to pictures": "unCLIP: vom Vektor zu Bildern",
    (
        "CLIP goes from a picture to a vector, here 256 numbers. unCLIP, the recipe of DALL·E 2, goes back: a "
        "diffusion model draws pictures from the vector alone. A caption's own vector would not do, since in CLIP's "
        "space texts lie apart from all pictures. So a second diffusion model, the prior, has learned from captions "
        "and their pictures to draw the vector of a picture that fits."
    ): (
        "CLIP führt vom Bild zum Vektor, hier 256 Zahlen. unCLIP, das Rezept von DALL·E 2, führt zurück: Ein "
        "Diffusionsmodell zeichnet Bilder allein aus dem Vektor. Der Vektor einer Unterschrift taugt dazu nicht, denn "
        "in CLIPs Raum liegen Texte abseits aller Bilder. Darum hat ein zweites Diffusionsmodell, der Prior, an "
        "Unterschriften und ihren Bildern gelernt, den Vektor eines passenden Bildes zu zeichnen."
    ),
    "Below, the vector is that of your picture. Three new ones are drawn from it, each from new noise.": (
        "Unten ist der Vektor der Ihres Bildes. Daraus entstehen drei neue, jedes aus neuem Rauschen."
    ),
    "What do the new pictures share with the original?": "Was haben die neuen Bilder mit dem Original gemeinsam?",
    "Nearly every pixel": "Fast jedes Pixel",
    "What they show, but not the pixels": "Was sie zeigen, aber nicht die Pixel",
    "Nothing": "Nichts",
    (
        "In meaning: their embeddings have a cosine of {cosine:.2f} to the original's. Two unrelated pictures have "
        "{unrelated_cosine:.2f}."
    ): (
        "Im Inhalt: Ihre Embeddings haben einen Kosinus von {cosine:.2f} zum Original. Zwei Bilder, die nichts "
        "miteinander zu tun haben, kommen auf {unrelated_cosine:.2f}."
    ),
    (
        "In pixels: they differ from it by {pixels:.2f} (root mean square, 0 to 1). Two unrelated pictures differ "
        "by {unrelated_pixels:.2f}."
    ): (
        "In den Pixeln: Sie unterscheiden sich von ihm um {pixels:.2f} (quadratisches Mittel, 0 bis 1). Zwei "
        "Bilder, die nichts miteinander zu tun haben, unterscheiden sich um {unrelated_pixels:.2f}."
    ),
    "{numbers} numbers hold what a picture shows; noise makes up the rest.": (
        "{numbers} Zahlen halten fest, was ein Bild zeigt; den Rest erfindet das Rauschen."
    ),
    "In unCLIP, turn the picture's vector towards another prompt, or draw from a picture of your own.": (
        "Drehen Sie in unCLIP den Vektor des Bildes zu einem anderen Prompt hin, oder zeichnen Sie nach einem "
        "eigenen Bild."
    ),
    "Classifier-free guidance": "Classifier-free Guidance",
    (
        "CLIP's text encoder turns the prompt into vectors, one a word, which every block of the network reads. In "
        "training the prompt was left out now and then, so that one network can do without it too. (Earlier methods "
        "steered by a second network, a classifier, which says what a noisy picture shows: hence the name.)"
    ): (
        "Der Textencoder von CLIP macht aus dem Prompt Vektoren, einen je Wort, die jeder Block des Netzes liest. Im "
        "Training fehlte der Prompt ab und zu, damit ein und dasselbe Netz auch ohne ihn auskommt. (Frühere Verfahren "
        "lenkten mit einem zweiten Netz, einem Classifier, der sagt, was ein verrauschtes Bild zeigt: daher der "
        "Name.)"
    ),
    (
        "A prompt alone pulls weakly. So at each step the noise is predicted twice, without the prompt and with it, "
        "and guidance multiplies the difference by a scale g, so that the picture fits the prompt better: prediction "
        "= without + g × (with − without). At 0 the prompt is ignored, at 1 nothing is amplified."
    ): (
        "Ein Prompt allein zieht nur schwach. Darum wird das Rauschen bei jedem Schritt zweimal vorhergesagt, ohne "
        "den Prompt und mit ihm, und Guidance vervielfacht den Unterschied mit einem Faktor g, damit das Bild besser "
        "zum Prompt passt: Vorhersage = ohne + g × (mit − ohne). Bei 0 wird der Prompt übergangen, bei 1 nichts "
        "verstärkt."
    ),
    "How long is the difference of the two predictions, compared with the predictions themselves?": (
        "Wie lang ist der Unterschied der beiden Vorhersagen, verglichen mit den Vorhersagen selbst?"
    ),
    (
        "The difference is {share:.0%} as long as the prediction, on average over the steps. Guidance {scale:g} "
        "makes it {scale:g} times as long."
    ): (
        "Der Unterschied ist {share:.0%} so lang wie die Vorhersage, im Mittel über die Schritte. Guidance "
        "{scale:g} macht ihn {scale:g}-mal so lang."
    ),
    (
        "The cost: {guided} predictions of the network for {steps} steps, where a run without guidance needs "
        "{plain}. Guidance doubles the work."
    ): (
        "Der Preis: {guided} Vorhersagen des Netzes für {steps} Schritte, wo ein Lauf ohne Guidance {plain} "
        "braucht. Guidance verdoppelt die Arbeit."
    ),
    "{guided} predictions instead of {plain}: guidance costs twice the work.": (
        "{guided} Vorhersagen statt {plain}: Guidance kostet doppelt so viel Arbeit."
    ),
    "In Guidance, drag the rail: both predictions are arrows, and you see the small difference that is stretched.": (
        "Ziehen Sie in Guidance den Regler: Beide Vorhersagen sind Pfeile, und Sie sehen den kleinen Unterschied, "
        "der gestreckt wird."
    ),
    "Negative prompts": "Negative Prompts",
    (
        "Guidance leads away from the prediction without a prompt. Put a negative prompt in the place of the empty "
        "one, and guidance leads away from that instead."
    ): (
        "Guidance führt von der Vorhersage ohne Prompt weg. Setzt man einen negativen Prompt an die Stelle des "
        "leeren, führt sie stattdessen von ihm weg."
    ),
    "Below we ask for “an apple”. The negative prompt is “a red apple”.": (
        "Unten fragen wir nach „an apple“ (ein Apfel). Der negative Prompt ist „a red apple“ (ein roter Apfel)."
    ),
    "How does the likeness of the pictures to “a red apple” change?": (
        "Wie ändert sich die Ähnlichkeit der Bilder mit „a red apple“?"
    ),
    "It rises: the words are in the prompt now": "Sie steigt: Die Wörter stehen ja jetzt im Prompt",
    "It hardly changes": "Sie ändert sich kaum",
    "It falls": "Sie sinkt",
    "CLIP's cosine to “a red apple” goes from {before:.2f} to {after:.2f}, the mean of {count} seeds.": (
        "CLIPs Kosinus zu „a red apple“ geht von {before:.2f} auf {after:.2f}, im Mittel über {count} Seeds."
    ),
    (
        "It costs nothing more: {cost} predictions a run with it and without, since it replaces the empty prompt. And "
        "it is no filter: it steers every step, and a picture that is finished is never thrown away."
    ): (
        "Mehr kostet das nicht: {cost} Vorhersagen je Lauf, mit ihm wie ohne ihn, denn er ersetzt den leeren Prompt. "
        "Und er ist kein Filter: Er lenkt jeden Schritt, und kein fertiges Bild wird verworfen."
    ),
    "{change:+.2f} in the cosine to “a red apple”, at no extra cost.": (
        "{change:+.2f} im Kosinus zu „a red apple“, ohne weitere Kosten."
    ),
    "In Guidance, compare a run without and with the negative prompt, and look at the arrow that leads away.": (
        "Vergleichen Sie in Guidance einen Lauf ohne den negativen Prompt und mit ihm, und betrachten Sie den "
        "Pfeil, der wegführt."
    ),
    "Measured just now with the model “{model}”, on seeds 1 to 4, without the negative prompt and with it.": (
        "Soeben gemessen mit dem Modell „{model}“, an den Seeds 1 bis 4, ohne den negativen Prompt und mit ihm."
    ),
    "From text to video": "Vom Text zum Video",
    (
        "A video model is a diffusion model too. What it denoises has one more axis, time: all frames come out of the "
        "noise together, each steered by the same prompt as a picture is, and attention lets each frame look at the "
        "others."
    ): (
        "Auch ein Videomodell ist ein Diffusionsmodell. Was es entrauscht, hat eine Achse mehr, die Zeit: Alle "
        "Einzelbilder kommen gemeinsam aus dem Rauschen, jedes vom selben Prompt gesteuert wie ein Bild, und durch "
        "Attention kann jedes die anderen sehen."
    ),
    (
        "The image model shows why frames must be drawn together. We draw four frames of your prompt twice: each from "
        "its own noise, and from noise that changes a little from frame to frame."
    ): (
        "Das Bildmodell zeigt, warum Einzelbilder gemeinsam gezeichnet werden müssen. Wir zeichnen vier Einzelbilder "
        "Ihres Prompts zweimal: jedes aus eigenem Rauschen, und aus Rauschen, das sich von Bild zu Bild ein wenig "
        "ändert."
    ),
    "How much larger are the jumps between frames when each has its own noise?": (
        "Wie viel größer sind die Sprünge zwischen Einzelbildern, wenn jedes sein eigenes Rauschen hat?"
    ),
    "About equal": "Etwa gleich groß",
    "2 to 10 times as large": "2- bis 10-mal so groß",
    "More than 10 times as large": "Mehr als 10-mal so groß",
    (
        "From frame to frame the pixels jump by {apart:.3f} with separate noise and by {turned:.4f} with noise that "
        "changes a little: {times:.0f} times as much."
    ): (
        "Von Bild zu Bild springen die Pixel um {apart:.3f} bei eigenem Rauschen und um {turned:.4f} bei Rauschen, "
        "das sich ein wenig ändert: {times:.0f}-mal so viel."
    ),
    (
        "Related noise alone gives calm frames, but no motion that makes sense. For that, a network must see all "
        "frames at once and learn from videos how things move. The one in the tab Video does."
    ): (
        "Verwandtes Rauschen allein gibt ruhige Bilder, aber keine sinnvolle Bewegung. Dafür muss ein Netz alle "
        "Einzelbilder auf einmal sehen und aus Videos lernen, wie sich Dinge bewegen. Das im Tab Video tut es."
    ),
    "{times:.0f} times: frames from separate noises flicker.": (
        "{times:.0f}-mal: Bilder aus getrenntem Rauschen flackern."
    ),
    (
        "In Video, press “Make a video”: all frames come out of the noise together. Look at the rows of “Frames by "
        "steps”, and at which frames look at which."
    ): (
        "Drücken Sie im Tab Video auf „Make a video“: Alle Einzelbilder kommen gemeinsam aus dem Rauschen. Sehen Sie "
        "sich die Zeilen von „Frames by steps“ an, und welche Einzelbilder auf welche blicken."
    ),
}
