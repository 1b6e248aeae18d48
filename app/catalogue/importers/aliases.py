"""Names of columns in catalogues of six languages, by the field they mean. Compared folded and without spaces or signs.

Where several columns of a file mean one field, the alias named first wins; the others are kept in `extra`.
"""

from __future__ import annotations

import re

from app.catalogue.text import fold

ALIASES: dict[str, str] = {  # field → names, the surest first
    "source_id": """
        artwork_id work_id object_id werk_id objekt_id id_opera id_obra id_oeuvre uid identifier id object_number
        objectnumber inventory_number inventory_no inventory inv_no inv invnr inventarnummer inventarnr inventar_nr
        numero_inventario n_inventario numero_di_inventario inventario numero_inventaire numero_d_inventaire
        no_inventaire n_inventaire no_inv n_inv nr_inv n_de_inventario no_inventario inventaire inventarisnummer
        inventarisnr numero_de_inventario accession_number accession_no accessionnum accession catalogue_number
        catalog_number signatur objektnummer werknummer number nummer numero nr no ref reference code""",
    "file": """
        file file_name filename files image_file image_filename image_path image images picture_file picture pictures
        picture_path img img_path photo_file path datei dateiname bilddatei bild bilder abbildung fichier
        nom_de_fichier fichier_image nom_du_fichier immagine immagini file_immagine nome_file imagen imagenes archivo
        fichero nombre_de_archivo afbeelding afbeeldingen bestand bestandsnaam""",
    "title": """
        title titles work_title artwork_title object_title title_en title_english titel werktitel bildtitel
        bezeichnung titolo titolo_opera titre titre_de_l_oeuvre titulo titulo_de_la_obra werk_titel object_name
        objectname name label nome denominazione nom nombre naam""",
    "artist": """
        artist artists artist_name artist_display_name artistdisplayname artist_title author authors painter maker
        makers creator creators attribution kunstler kunstlerin kunstler_in kunstlername maler malerin urheber autor
        autore autori artista pittore nome_artista artiste artistes auteur auteurs peintre pintor autor_a kunstenaar
        schilder vervaardiger maker_name constituent""",
    "born_died": """
        born_died borndied life_dates lifedates life_years artist_dates artist_life_dates artist_display_bio
        dates_of_artist lebensdaten lebensjahre date_di_nascita_e_morte estremi_biografici cronologia_autore
        dates_de_l_artiste dates_artiste fechas_del_artista levensdata levensjaren""",
    "born_year": """
        birth_year birthyear year_of_birth born artist_birth_year artist_begin_date geburtsjahr geboren
        anno_di_nascita annee_de_naissance ano_de_nacimiento geboortejaar birth""",
    "died_year": """
        death_year deathyear year_of_death died artist_death_year artist_end_date sterbejahr todesjahr gestorben
        anno_di_morte annee_de_mort ano_de_muerte sterfjaar death""",
    "date_text": """
        date date_text datetext display_date displaydate object_date objectdate date_display creation_date
        date_created dated dating datierung datum entstehungszeit entstehungsjahr data datazione epoca
        date_de_creation datation fecha datacion fecha_de_creacion datering periode_datering vervaardigingsdatum""",
    "year": "year jahr anno annee ano jaar creation_year year_created",
    "year_from": """
        year_from from_year begin_year beginyear start_year object_begin_date year_start jahr_von anno_da anno_inizio
        annee_debut ano_inicio jaar_van begin date_start earliest_year""",
    "year_to": """
        year_to to_year end_year endyear object_end_date year_end jahr_bis anno_a anno_fine annee_fin ano_fin jaar_tot
        end date_end latest_year""",
    "technique": """
        technique techniques medium media medium_display material materials materials_and_techniques
        materialsandtechniques technik material_technik materialien tecnica tecnica_e_materiali materia_e_tecnica
        materiali materiale materiaux technique_et_materiaux materiaux_et_techniques tecnica_y_material materiales
        techniek materiaal materiaal_en_techniek support""",
    "dimensions": """
        dimensions dimension size measurements format_size abmessungen masse grosse mae dimensioni misure formato
        dimensions_cm taille mesures dimensiones medidas tamano afmetingen afmeting maten""",
    "height": "height height_cm heightcm hohe hohe_cm altezza hauteur alto altura hoogte length",
    "width": "width width_cm widthcm breite breite_cm larghezza largeur ancho anchura breedte",
    "depth": "depth depth_cm tiefe profondita profondeur profundidad diepte",
    "units": "units unit einheit unita unite unidad eenheid",
    "location": """
        location current_location museum museum_name gallery collection_name repository institution owner place ort
        standort aufbewahrungsort sammlung luogo collocazione ubicazione sede museo localisation lieu
        lieu_de_conservation musee ubicacion localizacion verblijfplaats locatie plaats""",
    "school": """
        school nationality culture artist_nationality schule scuola nazionalita ecole nationalite escuela nacionalidad
        nationalitat nationaliteit land movement style art_movement stilrichtung stil stile corrente mouvement estilo
        movimiento stijl stroming""",
    "form": """
        form object_type objecttype art_form classification kunstform gattung objektart forma classe forme kunstvorm""",
    "type": """
        type genre subject subject_matter category subjects typ genere tipo tipologia soggetto categoria sujet
        categorie genero tema onderwerp kategorie""",
    "timeframe": """
        timeframe time_frame period century epoch era zeitraum epoche jahrhundert periodo secolo siecle periode siglo
        eeuw tijdperk""",
    "description": """
        description text notes note caption comment beschreibung anmerkung bemerkung descrizione commento didascalia
        commentaire legende descripcion descricao omschrijving beschrijving toelichting""",
    "url": """
        url link web_page webpage object_url link_resource website permalink webseite weblink indirizzo_web lien
        enlace koppeling""",
}


def normal(name: str) -> str:
    """A column's name without case, accents, spaces and signs: `Künstler-Name` → `kunstlername`."""
    return re.sub(r"[\W_]+", "", fold(name))


_NAMES = {field: [normal(name) for name in names.split()] for field, names in ALIASES.items()}
SPELLINGS = {name: field for field in reversed(_NAMES) for name in _NAMES[field]}


def columns_of(header: list[str]) -> dict[str, list[int]]:
    """Field → the columns that mean it, the surest first."""
    names = [normal(name) for name in header]
    found: dict[str, list[int]] = {}
    for field, spellings in _NAMES.items():
        columns = [index for index, name in enumerate(names) if SPELLINGS.get(name) == field]
        if columns:
            found[field] = sorted(columns, key=lambda index: spellings.index(names[index]))
    return found
