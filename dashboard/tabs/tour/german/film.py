"""The twelve stops in German, by the English sentences of film.py."""

FILM = {
    "From noise to a picture": "Vom Rauschen zum Bild",
    (
        "A diffusion model begins with pure noise: random numbers that hold no picture. It removes a little of the "
        "noise, step by step, and a picture is left."
    ): (
        "Ein Diffusionsmodell beginnt mit reinem Rauschen: Zufallszahlen, in denen kein Bild steckt. Schritt für "
        "Schritt nimmt es ein wenig Rauschen weg, und ein Bild bleibt übrig."
    ),
    "The seed decides the noise. The prompt decides what the model looks for in it. To save work, all this happens in "
    "a smaller array of numbers, the latent, which a second network, the decoder, turns into pixels.": (
        "Der Seed bestimmt das Rauschen. Der Prompt bestimmt, wonach das Modell darin sucht. Um Arbeit zu sparen, "
        "geschieht all das in einem kleineren Feld von Zahlen, dem Latent, aus dem ein zweites Netz, der Decoder, "
        "Pixel macht."
    ),
    (
        "CLIP scores how well a picture fits a text. After how many of the 25 steps does it first recognise the "
        "prompt in the noisy picture, and keep recognising it?"
    ): (
        "CLIP bewertet, wie gut ein Bild zu einem Text passt. Nach wie vielen der 25 Schritte erkennt es den Prompt "
        "erstmals im verrauschten Bild, und von da an immer?"
    ),
    (
        "In the noisy picture CLIP recognises “{prompt}” from step {noisy} on: from there it fits better than {others}."
    ): ("Im verrauschten Bild erkennt CLIP „{prompt}“ ab Schritt {noisy}: Von dort an passt es besser als {others}."),
    (
        "In the image that the network predicts at each step, CLIP recognises it from step {clean} on. The model "
        "decides early what to draw, and adds the detail late."
    ): (
        "In dem Bild, das das Netz bei jedem Schritt vorhersagt, erkennt CLIP es ab Schritt {clean}. Das Modell "
        "entscheidet früh, was es zeichnet, und ergänzt die Details spät."
    ),
    "Step {noisy} of {steps}: from here CLIP sees the prompt in the noisy picture.": (
        "Schritt {noisy} von {steps}: Von hier an sieht CLIP den Prompt im verrauschten Bild."
    ),
    "In Generate, drag the step rail and watch the three rows: noisy latent, predicted image, predicted noise.": (
        "Ziehen Sie in Erzeugen den Schrittregler und betrachten Sie die drei Reihen: verrauschtes Latent, "
        "vorhergesagtes Bild, vorhergesagtes Rauschen."
    ),
    "Measured just now with the model “{model}”, on “{prompt}” and seed {seed}.": (
        "Soeben gemessen mit dem Modell „{model}“, an „{prompt}“ und Seed {seed}."
    ),
    (
        "CLIP does not recognise “{prompt}” in this run: even at the end another text fits better ({others}). That "
        "happens with words that the model never learned. Try another prompt in Generate, and come back."
    ): (
        "CLIP erkennt „{prompt}“ in diesem Lauf nicht: Selbst am Ende passt ein anderer Text besser ({others}). "
        "Das geschieht bei Wörtern, die das Modell nie gelernt hat. Versuchen Sie in Erzeugen einen anderen Prompt "
        "und kommen Sie zurück."
    ),
    "A random walk, and its reverse": "Ein Zufallsweg und seine Umkehrung",
    (
        "Look at points in the plane instead of pictures. In the forward process each point takes many small random "
        "steps, and is drawn a little towards the centre each time, so that the cloud does not grow. The random steps"
        " are Brownian motion, like that of a speck of dust in water."
    ): (
        "Betrachten Sie statt Bildern Punkte in der Ebene. Im Vorwärtsprozess macht jeder Punkt viele kleine "
        "Zufallsschritte und wird dabei jedes Mal ein wenig zur Mitte gezogen, damit die Wolke nicht wächst. Die "
        "Zufallsschritte sind Brownsche Bewegung, wie die eines Staubkorns in Wasser."
    ),
    (
        "To generate, a model walks back. It needs one thing at every place and noise level: the score, the direction"
        " in which the data become more likely. It is the noise that is in the point, turned round: score = −ε / σ, "
        "where σ says how strong the noise ε is. So a network that predicts the noise knows the way."
    ): (
        "Um etwas zu erzeugen, geht ein Modell den Weg zurück. Dafür braucht es an jedem Ort und bei jedem "
        "Rauschpegel eines: den Score, die Richtung, in der die Daten wahrscheinlicher werden. Er ist das Rauschen, "
        "das im Punkt steckt, umgekehrt: Score = −ε / σ, wobei σ sagt, wie stark das Rauschen ε ist. Ein Netz, das "
        "das Rauschen vorhersagt, kennt also den Weg."
    ),
    "After 1,000 random steps, how much does a point's place still tell you about where it began?": (
        "Wie viel verrät der Ort eines Punktes nach 1.000 Zufallsschritten noch darüber, wo er begann?"
    ),
    "About half of it": "Etwa die Hälfte",
    "About a tenth of it": "Etwa ein Zehntel",
    "Almost nothing": "Fast nichts",
    "The place at the start explains {explained:.2%} of the place at the end.": (
        "Der Ort am Anfang erklärt {explained:.2%} des Ortes am Ende."
    ),
    (
        "Backwards, {count} new points follow the score. {arrived:.0%} of them end on the spiral, no farther than "
        "0.1 from its points. Of the noise they began as, {before:.0%} lay there by chance."
    ): (
        "Zurück folgen {count} neue Punkte dem Score. {arrived:.0%} von ihnen enden auf der Spirale, höchstens 0,1 "
        "von deren Punkten entfernt. Von dem Rauschen, mit dem sie begannen, lagen dort zufällig {before:.0%}."
    ),
    "{arrived:.0%} of the points walk from pure noise back to the data, led by the score.": (
        "{arrived:.0%} der Punkte finden, vom Score geführt, aus reinem Rauschen zu den Daten zurück."
    ),
    "In the 2-D lab, press Play and watch a shape drift into noise. Click a point to follow its walk.": (
        "Drücken Sie im 2-D-Labor auf Play und sehen Sie zu, wie eine Form in Rauschen übergeht. Klicken Sie einen "
        "Punkt an, um seinem Weg zu folgen."
    ),
    "Computed just now with the exact score of these points; no network takes part.": (
        "Soeben berechnet mit dem exakten Score dieser Punkte; kein Netz ist beteiligt."
    ),
    "What the network predicts": "Was das Netz vorhersagt",
    (
        "In training, the network sees a picture with noise on it, of any strength, and must predict the noise: all "
        "of it, not that of the last step. All of it can be judged from the picture as a whole. Which small part of "
        "it came last leaves no trace, so a network that is asked for that learns far more slowly. (Or it predicts v,"
        " a mixture of noise and picture from which both follow, as the models here do.) Its loss is the squared "
        "error of this prediction."
    ): (
        "Im Training sieht das Netz ein Bild mit Rauschen von beliebiger Stärke und muss das Rauschen vorhersagen: "
        "das ganze, nicht das des letzten Schritts. Das ganze lässt sich aus dem Bild als Ganzem beurteilen. Welcher "
        "kleine Teil davon zuletzt kam, hinterlässt keine Spur; ein Netz, das danach gefragt wird, lernt viel "
        "langsamer. (Oder es sagt v vorher, eine Mischung aus Rauschen und Bild, aus der beide folgen; so machen es "
        "die Modelle hier.) Sein Loss ist der quadratische Fehler dieser Vorhersage."
    ),
    (
        "Take the predicted noise away, scale up what remains, and you have the predicted image x̂₀: the network's "
        "guess of where the walk will end."
    ): (
        "Zieht man das vorhergesagte Rauschen ab und vergrößert den Rest, hat man das vorhergesagte Bild x̂₀: die "
        "Vermutung des Netzes, wo der Weg endet."
    ),
    "The first prediction is made from pure noise. What does the first predicted image look like?": (
        "Die erste Vorhersage entsteht aus reinem Rauschen. Wie sieht das erste vorhergesagte Bild aus?"
    ),
    "Like the finished picture": "Wie das fertige Bild",
    "A soft, blurred version": "Wie eine weiche, unscharfe Fassung",
    "Like noise": "Wie Rauschen",
    (
        "The first predicted image has {detail:.0%} of the finished picture's detail (the mean squared difference "
        "of neighbouring pixels; guidance is off here)."
    ): (
        "Das erste vorhergesagte Bild hat {detail:.0%} der Details des fertigen Bildes (mittlerer quadratischer "
        "Unterschied benachbarter Pixel; Guidance ist hier ausgeschaltet)."
    ),
    (
        "The squared error makes it so. Many pictures could lie behind this noise. The guess with the smallest "
        "squared error is their average, and an average is blurred. With every step fewer remain possible."
    ): (
        "Das liegt am quadratischen Fehler. Hinter diesem Rauschen könnten viele Bilder stecken. Die Vermutung mit "
        "dem kleinsten quadratischen Fehler ist ihr Mittelwert, und ein Mittelwert ist unscharf. Mit jedem Schritt "
        "bleiben weniger Bilder möglich."
    ),
    "{detail:.0%} of the final detail: the best first guess is an average.": (
        "{detail:.0%} der späteren Details: Die beste erste Vermutung ist ein Mittelwert."
    ),
    "In Generate, set the rail to step 0 and look at the predicted image; then go on step by step.": (
        "Stellen Sie in Erzeugen den Regler auf Schritt 0 und betrachten Sie das vorhergesagte Bild; gehen Sie "
        "dann Schritt für Schritt weiter."
    ),
    "Told the time": "Die Zeit mitgeteilt",
    (
        "The network is also told the timestep, which says how much noise there is. With much noise it looks for "
        "the rough shape, with little noise for the fine detail."
    ): (
        "Dem Netz wird auch der Zeitschritt mitgeteilt: wie viel Rauschen da ist. Bei viel Rauschen sucht es die "
        "grobe Form, bei wenig Rauschen die feinen Details."
    ),
    (
        "Below, the same points are led back twice, each time by the best prediction there can be, worked out "
        "exactly. Once it is told the time. Once it is not, so at each place it can only give one direction: the "
        "average over all noise levels."
    ): (
        "Unten werden dieselben Punkte zweimal zurückgeführt, jedes Mal von der besten Vorhersage, die es geben kann,"
        " exakt berechnet. Einmal kennt sie die Zeit. Einmal nicht, also kann sie an jedem Ort nur eine Richtung "
        "angeben: den Mittelwert über alle Rauschpegel."
    ),
    "Without the time, what share of the points comes to the spiral?": (
        "Welcher Anteil der Punkte kommt ohne die Zeit auf die Spirale?"
    ),
    "Without the time {blind:.0%} of the points end on the spiral, with it {informed:.0%}. (Of the pure noise that "
    "they began as, {before:.0%} lay there by chance.)": (
        "Ohne die Zeit enden {blind:.0%} der Punkte auf der Spirale, mit ihr {informed:.0%}. (Vom reinen Rauschen, "
        "mit dem sie begannen, lagen dort zufällig {before:.0%}.)"
    ),
    (
        "One place can belong to a noisy point far from its origin or to a nearly clean one. The right direction "
        "differs, so the network must know the noise level."
    ): (
        "Derselbe Ort kann zu einem stark verrauschten Punkt gehören, fern von seinem Ursprung, oder zu einem fast "
        "sauberen. Die richtige Richtung ist jeweils eine andere, also muss das Netz den Rauschpegel kennen."
    ),
    "{blind:.0%} against {informed:.0%}: a network must be told the noise level.": (
        "{blind:.0%} gegen {informed:.0%}: Ein Netz muss den Rauschpegel kennen."
    ),
    (
        "In the 2-D lab, press Train and watch a network learn without the time. Then switch Time conditioning on "
        "and train again."
    ): (
        "Drücken Sie im 2-D-Labor auf Train und sehen Sie zu, wie ein Netz ohne die Zeit lernt. Schalten Sie dann "
        "Time conditioning ein und trainieren Sie noch einmal."
    ),
    "Why fresh noise is added": "Warum frisches Rauschen dazukommt",
    (
        "DDPM is the sampler of the first diffusion models. Each of its steps goes towards the predicted image and "
        "then adds a little fresh noise. That looks like a step in the wrong direction. But the predicted image is "
        "an average: going towards it takes away spread, and the fresh noise puts it back."
    ): (
        "DDPM ist der Sampler der ersten Diffusionsmodelle. Jeder seiner Schritte geht auf das vorhergesagte Bild "
        "zu und fügt dann ein wenig frisches Rauschen hinzu. Das sieht nach einem Schritt in die falsche Richtung "
        "aus. Aber das vorhergesagte Bild ist ein Mittelwert: Der Schritt dorthin nimmt Streuung weg, und das frische "
        "Rauschen gibt sie zurück."
    ),
    "Below, the same points walk back twice: with the fresh noise, and without it.": (
        "Unten gehen dieselben Punkte zweimal zurück: mit frischem Rauschen und ohne."
    ),
    "Without the fresh noise, how much of the data's spread (its variance) is left at the end?": (
        "Wie viel von der Streuung der Daten (ihrer Varianz) ist ohne frisches Rauschen am Ende noch da?"
    ),
    "Without fresh noise {without:.1%} of the variance is left, with it {kept:.0%}.": (
        "Ohne frisches Rauschen sind {without:.1%} der Varianz übrig, mit ihm {kept:.0%}."
    ),
    (
        "Each step aims at an average of all that is still possible. The fresh noise keeps the points apart, and "
        "keeps them at the noise level for which the network was trained. Without it they shrink to a few places "
        "near the mean."
    ): (
        "Jeder Schritt zielt auf einen Mittelwert all dessen, was noch möglich ist. Das frische Rauschen hält die "
        "Punkte auseinander und auf dem Rauschpegel, für den das Netz trainiert wurde. Ohne es schrumpfen sie auf "
        "wenige Stellen nahe dem Mittelwert."
    ),
    "{without:.1%} of the variance: without fresh noise DDPM collapses.": (
        "{without:.1%} der Varianz: Ohne frisches Rauschen fällt DDPM zusammen."
    ),
    "In the 2-D lab, watch four samplers start from the same noise. One of them collapses.": (
        "Sehen Sie im 2-D-Labor zu, wie vier Sampler mit demselben Rauschen beginnen. Einer von ihnen fällt zusammen."
    ),
    "The average is a blur": "Der Mittelwert ist unscharf",
    (
        "Now the same with pictures. The image model draws without a prompt, so that any picture may come. DDPM "
        "takes 25 steps, once with its fresh noise and once without."
    ): (
        "Nun dasselbe mit Bildern. Das Bildmodell zeichnet ohne Prompt, so dass jedes Bild möglich ist. DDPM macht "
        "25 Schritte, einmal mit seinem frischen Rauschen und einmal ohne."
    ),
    "Before you look: at each step the model aims at an average of all pictures that are still possible.": (
        "Bevor Sie nachsehen: Bei jedem Schritt zielt das Modell auf einen Mittelwert aller Bilder, die noch "
        "möglich sind."
    ),
    "Measured just now with the model “{model}”, without a prompt, from seed {seed}.": (
        "Soeben gemessen mit dem Modell „{model}“, ohne Prompt, von Seed {seed} aus."
    ),
    "What does the run without fresh noise draw?": "Was zeichnet der Lauf ohne frisches Rauschen?",
    "A sharper picture": "Ein schärferes Bild",
    "About the same picture": "Etwa dasselbe Bild",
    "A blur without any detail": "Eine unscharfe Fläche ohne Details",
    "Without fresh noise the picture keeps {detail:.1%} of the detail that DDPM's has.": (
        "Ohne frisches Rauschen behält das Bild {detail:.1%} der Details, die das von DDPM hat."
    ),
    (
        "The state soon holds less noise than its timestep says. The network never met such states in training, and "
        "the run ends near the average of all pictures."
    ): (
        "Der Zustand enthält bald weniger Rauschen, als sein Zeitschritt sagt. Solche Zustände kamen im Training nie "
        "vor, und der Lauf endet nahe beim Mittelwert aller Bilder."
    ),
    "{detail:.1%} of the detail: fresh noise is what makes a picture out of an average.": (
        "{detail:.1%} der Details: Erst frisches Rauschen macht aus einem Mittelwert ein Bild."
    ),
    "In Samplers, both runs stand side by side. Drag the rail and watch where they part.": (
        "In Sampler stehen beide Läufe nebeneinander. Ziehen Sie den Regler und sehen Sie, wo sie sich trennen."
    ),
    "DDIM and the Fokker-Planck equation": "DDIM und die Fokker-Planck-Gleichung",
    (
        "The Fokker-Planck equation describes how the distribution of all points changes in time; it says nothing "
        "about single points. It shows that random steps spread a crowd just as a smooth flow out of its dense places"
        " would, and that this flow is half as strong as the pull along the score by which DDPM walks back. So half "
        "of the pull only makes up for the fresh noise. Leave out the noise and that half, and the distribution stays"
        " the same at every noise level."
    ): (
        "Die Fokker-Planck-Gleichung beschreibt, wie sich die Verteilung aller Punkte mit der Zeit ändert; über "
        "einzelne Punkte sagt sie nichts. Sie zeigt: Zufallsschritte zerstreuen eine Menge von Punkten genau so, wie "
        "es ein glatter Strom aus ihren dichten Stellen heraus täte, und dieser Strom ist halb so stark wie der Zug "
        "entlang des Scores, mit dem DDPM zurückgeht. Die Hälfte des Zuges gleicht also nur das frische Rauschen aus."
        " Lässt man das Rauschen und diese Hälfte weg, bleibt die Verteilung bei jedem Rauschpegel dieselbe."
    ),
    "DDIM takes this smooth path. It adds no noise at all.": (
        "DDIM nimmt diesen glatten Weg. Es fügt gar kein Rauschen hinzu."
    ),
    "DDPM with no added noise collapsed. DDIM also adds no noise. Where do its points end?": (
        "DDPM ohne Rauschen fiel zusammen. Auch DDIM fügt kein Rauschen hinzu. Wo enden seine Punkte?"
    ),
    "They collapse as well": "Sie fallen auch zusammen",
    "In the same distribution as DDPM's points": "In derselben Verteilung wie die Punkte von DDPM",
    "Spread out, far from the data": "Verstreut, fern von den Daten",
    (
        "A statistical test finds no more difference between DDIM's and DDPM's points than chance allows (p = "
        "{same:.2f}; a p below 0.05 would be a sign of one). It does tell DDPM with no added noise apart (p = "
        "{collapsed:.3f})."
    ): (
        "Ein statistischer Test findet zwischen den Punkten von DDIM und DDPM keinen größeren Unterschied, als der "
        "Zufall erlaubt (p = {same:.2f}; unter 0,05 wäre es ein Anzeichen dafür). DDPM ohne Rauschen erkennt er "
        "dagegen (p = {collapsed:.3f})."
    ),
    (
        "A smooth path also needs fewer steps. With only 10 steps DDIM's points end {ddim:.3f} from the data, DDPM's "
        "{ddpm:.3f} (energy distance, 0 is perfect)."
    ): (
        "Ein glatter Weg braucht auch weniger Schritte. Mit nur 10 Schritten enden die Punkte von DDIM {ddim:.3f} von "
        "den Daten entfernt, die von DDPM {ddpm:.3f} (Energiedistanz, 0 ist vollkommen)."
    ),
    "p = {same:.2f}: other paths, and the test finds no other distribution.": (
        "p = {same:.2f}: andere Wege, und der Test findet keine andere Verteilung."
    ),
    "In the 2-D lab, compare the densities of the smooth path (η = 0) and of the random one.": (
        "Vergleichen Sie im 2-D-Labor die Dichten des glatten Weges (η = 0) und des zufälligen."
    ),
    "Here the test does tell DDIM's points from DDPM's (p = {same:.2f}): with so few steps they differ a little.": (
        "Hier unterscheidet der Test die Punkte von DDIM und DDPM (p = {same:.2f}): Bei so wenigen Schritten "
        "weichen sie etwas voneinander ab."
    ),
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
        "Diffusionsmodell zeichnet Bilder allein aus dem Vektor. Der Vektor einer Unterschrift taugt dazu nicht, denn"
        " in CLIPs Raum liegen Texte abseits aller Bilder. Darum hat ein zweites Diffusionsmodell, der Prior, an "
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
        "Training fehlte der Prompt ab und zu, damit ein und dasselbe Netz auch ohne ihn auskommt. (Frühere Verfahren"
        " lenkten mit einem zweiten Netz, einem Classifier, der sagt, was ein verrauschtes Bild zeigt: daher der "
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
        "It costs nothing more: {cost} predictions a run with it and without, since it replaces the empty prompt. And"
        " it is no filter: it steers every step, and a picture that is finished is never thrown away."
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
        "The image model shows why frames must be drawn together. We draw four frames of your prompt twice: each from"
        " its own noise, and from noise that changes a little from frame to frame."
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
